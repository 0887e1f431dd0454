#include "tests/fakes/scripted_ca/der_reader.h"

#include <openssl/asn1.h>

namespace certbroker::scripted_ca {

std::optional<DerElement> DerReader::Next() {
  if (rest_.empty()) return std::nullopt;
  const unsigned char* at = rest_.data();
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  const int flags =
      ASN1_get_object(&at, &length, &tag, &tag_class, static_cast<long>(rest_.size()));
  constexpr int kIndefinite = 1;
  constexpr int kError = 0x80;
  if ((flags & (kError | kIndefinite)) != 0) return std::nullopt;
  const auto header = static_cast<std::size_t>(at - rest_.data());
  const auto size = static_cast<std::size_t>(length);
  DerElement element{tag, tag_class == V_ASN1_CONTEXT_SPECIFIC, rest_.subspan(header, size),
                     rest_.first(header + size)};
  rest_ = rest_.subspan(header + size);
  return element;
}

std::optional<DerElement> DerReader::Next(int tag) {
  const ByteView before = rest_;
  auto element = Next();
  if (element && element->tag == tag && !element->context) return element;
  rest_ = before;
  return std::nullopt;
}

}  // namespace certbroker::scripted_ca
