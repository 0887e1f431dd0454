#include "pki/public_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include <fmt/format.h>

#include "pki/der.h"
#include "pki/openssl_handle.h"
#include "pki/rsa_weakness.h"

namespace certbroker::pki {
namespace {

// AlgorithmIdentifiers, whole: there is one DER form of each.
constexpr auto kP256 = std::to_array<std::uint8_t>(
    {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,  // id-ecPublicKey
     0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07});      // prime256v1
constexpr auto kP384 = std::to_array<std::uint8_t>(
    {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,  // id-ecPublicKey
     0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22});                        // secp384r1
constexpr auto kRsa = std::to_array<std::uint8_t>(                      // RFC 3279 §2.3.1: NULL
    {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00});
constexpr auto kEcPublicKeyOid =
    std::to_array<std::uint8_t>({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01});
constexpr auto kExponent65537 = std::to_array<std::uint8_t>({0x01, 0x00, 0x01});

constexpr std::string_view kWhatIsAllowed =
    "make a key on P-256 or P-384, or RSA with 2048, 3072 or 4096 bits";

Error NotAllowed(std::string_view why) {
  return Error(Reason::kKeyTypeNotAllowed, fmt::format("{}; {}", why, kWhatIsAllowed));
}

Error NotAKey() {
  return Error(Reason::kCsrInvalid, "the public key is not a well-formed SubjectPublicKeyInfo");
}

std::string OidName(const DerValue& oid) {
  const unsigned char* at = oid.whole.data();
  ASN1_OBJECT* object = d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(oid.whole.size()));
  std::string name = object == nullptr ? "of an unknown kind" : NameOf(object);
  ASN1_OBJECT_free(object);
  return name;
}

Error UnknownAlgorithm(ByteView algorithm) {
  DerReader reader(algorithm);
  const auto oid = reader.Next(der_tag::kOid);
  if (!oid) return NotAKey();
  if (!std::ranges::equal(oid->content, kEcPublicKeyOid)) {
    return NotAllowed(fmt::format("keys of type {} are not accepted by public CAs", OidName(*oid)));
  }
  const auto curve = reader.Next(der_tag::kOid);
  // RFC 5480 §2.1.1: "specifiedCurve … MUST NOT be used in PKIX".
  if (!curve) return NotAllowed("the EC key spells out its curve instead of naming it");
  return NotAllowed(fmt::format("the curve {} is not accepted by public CAs", OidName(*curve)));
}

Result<KeyType> CheckPoint(KeyType type, ByteView point, std::size_t coordinate_bytes) {
  // Compressed points are legal (RFC 5480 §2.2), but CAs written in Go cannot read them.
  if (point.size() != 1 + 2 * coordinate_bytes || point[0] != 0x04) {
    return NotAllowed("the EC key is not in uncompressed form");
  }
  return type;
}

std::size_t BitLength(ByteView positive) {
  while (!positive.empty() && positive[0] == 0) positive = positive.subspan(1);
  if (positive.empty()) return 0;
  return (positive.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(positive[0]));
}

// RFC 8017 §A.1.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
Result<KeyType> CheckRsa(ByteView key) {
  if (!IsStrictDer(key)) return NotAKey();
  const auto sequence = DerReader(key).Next(der_tag::kSequence);
  if (!sequence) return NotAKey();
  DerReader reader(sequence->content);
  const auto modulus = reader.Next(der_tag::kInteger);
  const auto exponent = reader.Next(der_tag::kInteger);
  if (!modulus || !exponent || !reader.empty()) return NotAKey();
  if ((modulus->content[0] & 0x80U) != 0) return NotAKey();  // negative

  KeyType type = KeyType::kRsa2048;
  switch (const std::size_t bits = BitLength(modulus->content); bits) {
    case 2048:
      break;
    case 3072:
      type = KeyType::kRsa3072;
      break;
    case 4096:
      type = KeyType::kRsa4096;
      break;
    default:
      return NotAllowed(fmt::format("the RSA key has {} bits", bits));
  }
  if (!std::ranges::equal(exponent->content, kExponent65537)) {
    return NotAllowed("the RSA key's public exponent is not 65537");
  }
  if (const auto weakness = RsaWeakness(modulus->content)) {
    return NotAllowed(fmt::format("the RSA modulus {}, so the key can be broken", *weakness));
  }
  return type;
}

}  // namespace

Result<KeyType> CheckPublicKey(ByteView spki_der) {
  const OpenSslErrorScope errors;
  DerReader outer(spki_der);
  const auto spki = outer.Next(der_tag::kSequence);
  if (!spki || !outer.empty()) return NotAKey();
  DerReader reader(spki->content);
  const auto algorithm = reader.Next(der_tag::kSequence);
  const auto key = reader.Next(der_tag::kBitString);
  if (!algorithm || !key || !reader.empty()) return NotAKey();
  if (key->content.empty() || key->content[0] != 0) return NotAKey();  // whole octets
  const ByteView octets = key->content.subspan(1);

  if (std::ranges::equal(algorithm->whole, kP256)) return CheckPoint(KeyType::kEcP256, octets, 32);
  if (std::ranges::equal(algorithm->whole, kP384)) return CheckPoint(KeyType::kEcP384, octets, 48);
  if (std::ranges::equal(algorithm->whole, kRsa)) return CheckRsa(octets);
  return UnknownAlgorithm(algorithm->content);
}

}  // namespace certbroker::pki
