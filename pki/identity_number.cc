#include "pki/identity_number.h"

#include "core/bytes.h"

namespace certbroker::pki {
namespace {

constexpr std::size_t kRandomOctets = 8;

}  // namespace

std::optional<IdentityNumber> IdentityNumberOf(const Certificate& certificate) {
  const auto serial = FromHex(certificate.serial());
  if (!serial || serial->empty()) return std::nullopt;
  // DER has no leading zeros, so the number takes as many octets as it needs (X.690 §8.3.2).
  ByteView octets(*serial);
  if ((octets[0] & 0x80U) != 0) return std::nullopt;
  if (octets[0] == 0) octets = octets.subspan(1);
  if (octets.size() <= kRandomOctets) return std::nullopt;
  octets = octets.first(octets.size() - kRandomOctets);
  if (octets.size() > sizeof(IdentityNumber)) return std::nullopt;
  if (octets.size() == sizeof(IdentityNumber) && (octets[0] & 0x80U) != 0) return std::nullopt;
  IdentityNumber number = 0;
  for (const std::uint8_t octet : octets) number = (number << 8) | octet;
  return number;
}

}  // namespace certbroker::pki
