#include "acme/challenge_digest.h"

#include "pki/digest.h"

namespace certbroker::acme {
namespace {

constexpr std::string_view kLabel = "_acme-challenge";
constexpr std::size_t kAccountOctets = 10;

// RFC 4648 §6 in lower case, without padding: `octets` come in groups of five.
std::string Base32(ByteView octets) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : octets) {
    buffer = (buffer << 8U) | octet;
    for (bits += 8; bits >= 5; bits -= 5) text += kAlphabet[(buffer >> (bits - 5)) & 31U];
  }
  return text;
}

}  // namespace

Bytes KeyAuthorizationDigest(std::string_view key_authorization) {
  return pki::Sha256(AsBytes(key_authorization));
}

std::string ChallengeTxtValue(std::string_view key_authorization) {
  return Base64Url(KeyAuthorizationDigest(key_authorization));
}

std::string_view Dns01Label() { return kLabel; }

std::string DnsAccount01Label(const HttpsUrl& account_url) {
  const Bytes digest = pki::Sha256(AsBytes(account_url.ToString()));
  return "_" + Base32(ByteView(digest).first(kAccountOctets)) + "." + std::string(kLabel);
}

}  // namespace certbroker::acme
