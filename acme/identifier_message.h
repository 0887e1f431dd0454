// acme/identifier_message.h: what an order or authorization is about (RFC 8555 §9.7.7): a type and
// a value as the CA wrote them. Types other than "dns" are kept, not understood.
#pragma once

#include <string>

namespace certbroker::acme {

struct IdentifierMessage {
  std::string type;   // "dns"
  std::string value;  // not normalised; Identifier::Parse before comparing

  friend bool operator==(const IdentifierMessage&, const IdentifierMessage&) = default;
};

}  // namespace certbroker::acme
