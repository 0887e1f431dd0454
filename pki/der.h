// pki/der.h: just enough DER (X.690 §10) to be stricter than OpenSSL, and to cut a field out of a
// structure as the octets that were sent.
//
// OpenSSL's d2i functions accept BER, and its i2d functions give back octets that they were fed
// (names, attributes and signed parts are cached), so "decode, encode, compare" lets BER through.
// Two readers that disagree about the same octets are how a name gets past a check; what is not DER
// is refused before anything else looks at it.
//
// Pure functions over views; the octets must outlive what is returned. No allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace certbroker::pki {

namespace der_tag {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kOid = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0A;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kContext0 = 0xA0;  // [0], constructed
}  // namespace der_tag

struct DerValue {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  // with tag and length
};

// Walks over values that stand one after the other.
class DerReader {
 public:
  explicit DerReader(ByteView octets) : rest_(octets) {}

  bool empty() const { return rest_.empty(); }
  // The next value. nullopt, and no progress, if there is none or it is not DER: indefinite length,
  // a length in more octets than needed or beyond the end, a tag of several octets (no PKIX
  // structure has one).
  std::optional<DerValue> Next();
  // The next value if it has this tag. nullopt, and no progress, otherwise.
  std::optional<DerValue> Next(std::uint8_t tag);

 private:
  ByteView rest_;
};

// Whether `octets` are exactly one value, DER all the way down: nothing behind it, at most 16
// levels, and the primitive types of PKIX (BOOLEAN, INTEGER, BIT STRING, NULL, OID) in their one
// form. Does not look into OCTET STRING, nor at the order inside a SET OF.
bool IsStrictDer(ByteView octets);

}  // namespace certbroker::pki
