// tests/fakes/scripted_ca/der_reader.h: walks over DER, element by element.
//
// For the CSRs of a load test: d2i_X509_REQ of OpenSSL 3.0 looks through all its decoders for every
// public key, which costs more than everything else that finalize does.
#pragma once

#include <optional>

#include "core/bytes.h"

namespace certbroker::scripted_ca {

struct DerElement {
  int tag = 0;  // V_ASN1_…, or the number of a context-specific one
  bool context = false;
  ByteView content;
  ByteView whole;  // tag and length included
};

// Not thread-safe. The octets outlive it and its elements.
class DerReader {
 public:
  explicit DerReader(ByteView octets) : rest_(octets) {}

  bool empty() const { return rest_.empty(); }
  // Nothing: the end, or no DER.
  std::optional<DerElement> Next();
  // The same for a universal tag that has to be there; leaves the reader where it was otherwise.
  std::optional<DerElement> Next(int tag);

 private:
  ByteView rest_;
};

}  // namespace certbroker::scripted_ca
