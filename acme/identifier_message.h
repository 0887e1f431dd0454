// acme/identifier.h: what an order or authorization is about (RFC 8555 §9.7.7): a type and a value
// as the CA wrote them. Types other than "dns" are kept, not understood.
#pragma once

#include <string>

namespace certbroker::acme {

struct Identifier {
  std::string type;   // "dns"
  std::string value;  // not normalised; DomainName::Parse before comparing

  friend bool operator==(const Identifier&, const Identifier&) = default;
};

}  // namespace certbroker::acme
