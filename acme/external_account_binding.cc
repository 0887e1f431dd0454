#include "acme/external_account_binding.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "acme/json.h"
#include "core/bytes.h"
#include "core/check.h"
#include "pki/hmac.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr auto kAlgorithms =
    std::to_array({MacAlgorithm::kHs256, MacAlgorithm::kHs384, MacAlgorithm::kHs512});

pki::HmacHash HashOf(MacAlgorithm algorithm) {
  switch (algorithm) {
    case MacAlgorithm::kHs256:
      return pki::HmacHash::kSha256;
    case MacAlgorithm::kHs384:
      return pki::HmacHash::kSha384;
    case MacAlgorithm::kHs512:
      return pki::HmacHash::kSha512;
  }
  CERTBROKER_CHECK(false);
}

Error Unusable(std::string_view why) {
  return {Reason::kConfigInvalid,
          fmt::format("the MAC key of the external account {}; copy it again from the CA's "
                      "website, as it stands there",
                      why)};
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsBase64Character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
         c == '/' || c == '-' || c == '_' || c == '=';
}

std::string_view TrimmedKey(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Its octets, or nothing when it is no base64 of either alphabet.
std::optional<Secret> Decode(std::string_view text) {
  // Both alphabets at once means two texts glued together, or none.
  const bool standard = text.find_first_of("+/") != std::string_view::npos;
  if (standard && text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  const std::size_t end = std::min(text.find('='), text.size());
  // RFC 4648 §3.2: padding, where there is any, fills the last group of four and no more.
  const std::size_t padding = text.size() - end;
  if (padding > 2 || (padding > 0 && text.size() % 4 != 0)) return std::nullopt;
  if (text.substr(end).find_first_not_of('=') != std::string_view::npos) return std::nullopt;

  std::string url_form(text.substr(0, end));
  std::ranges::replace(url_form, '+', '-');
  std::ranges::replace(url_form, '/', '_');
  const Secret wiped(std::move(url_form));
  auto octets = FromBase64Url(wiped.ExposeForUse());
  if (!octets) return std::nullopt;
  Secret key{std::string(AsText(*octets))};
  OPENSSL_cleanse(octets->data(), octets->size());
  return key;
}

Result<void> CheckLength(std::size_t octets, MacAlgorithm algorithm) {
  const std::size_t wanted = pki::MacSize(HashOf(algorithm));
  const std::size_t least = algorithm == MacAlgorithm::kHs256 ? kShortestKey : wanted;
  if (octets >= least) return {};
  const auto fits = [octets](MacAlgorithm other) { return octets >= pki::MacSize(HashOf(other)); };
  // From the strongest on.
  const auto better = std::find_if(kAlgorithms.rbegin(), kAlgorithms.rend(), fits);
  const std::string hint =
      better == kAlgorithms.rend()
          ? "is it the key's identifier rather than the key?"
          : fmt::format("use {}, if that is what the CA means it for", ToString(*better));
  return Error(Reason::kConfigInvalid,
               fmt::format("the MAC key of the external account has {} octets; {} needs at least "
                           "{} (RFC 7518 §3.2): {}",
                           octets, ToString(algorithm), least, hint));
}

std::string WarningAbout(std::string_view octets, MacAlgorithm algorithm) {
  if (octets.size() < pki::MacSize(HashOf(algorithm))) {
    return fmt::format(
        "the MAC key of the external account has only {} octets; RFC 7518 §3.2 "
        "wants {} for {}. The CA may refuse it: ask it for a longer one",
        octets.size(), pki::MacSize(HashOf(algorithm)), ToString(algorithm));
  }
  if (std::ranges::all_of(octets, IsBase64Character)) {
    return "the MAC key of the external account decodes to what is base64 again; if the CA refuses "
           "the binding, decode the key once before it is stored (Google's REST API encodes twice)";
  }
  return {};
}

}  // namespace

std::string_view ToString(MacAlgorithm algorithm) {
  switch (algorithm) {
    case MacAlgorithm::kHs256:
      return "HS256";
    case MacAlgorithm::kHs384:
      return "HS384";
    case MacAlgorithm::kHs512:
      return "HS512";
  }
  CERTBROKER_CHECK(false);
}

std::optional<MacAlgorithm> MacAlgorithmFromName(std::string_view name) {
  const auto* const found = std::ranges::find(
      kAlgorithms, name, [](MacAlgorithm algorithm) { return ToString(algorithm); });
  return found == kAlgorithms.end() ? std::nullopt : std::optional(*found);
}

Result<MacKey> ParseMacKey(const Secret& text, MacAlgorithm algorithm) {
  const std::string_view encoded = TrimmedKey(text.ExposeForUse());
  if (encoded.empty()) return Unusable("is empty");
  // Every hexadecimal text is base64 too, of other octets. A random key of any use has no chance
  // to look like that.
  if (std::ranges::all_of(encoded, IsHexDigit)) {
    return Unusable("is hexadecimal, not base64; convert it (xxd -r -p | basenc --base64url)");
  }
  auto key = Decode(encoded);
  if (!key) return Unusable("is neither base64url nor base64");
  const std::string_view octets = key->ExposeForUse();
  RETURN_IF_ERROR(CheckLength(octets.size(), algorithm));
  std::string warning = WarningAbout(octets, algorithm);
  return MacKey{*std::move(key), std::move(warning)};
}

std::string BindExternalAccount(const ExternalAccount& external, const Jwk& account_key,
                                const HttpsUrl& new_account) {
  // RFC 8555 §7.3.4: MAC algorithm, the CA's kid, the outer url; "MUST NOT" have a nonce.
  const std::string header = Base64Url(
      AsBytes(fmt::format(R"({{"alg":"{}","kid":{},"url":"{}"}})", ToString(external.algorithm),
                          JsonQuote(external.key_id), new_account.ToString())));
  const std::string payload = Base64Url(AsBytes(account_key.canonical_json));
  const Bytes mac = pki::Hmac(HashOf(external.algorithm), external.mac_key,
                              AsBytes(fmt::format("{}.{}", header, payload)));
  return fmt::format(R"({{"protected":"{}","payload":"{}","signature":"{}"}})", header, payload,
                     Base64Url(mac));
}

}  // namespace certbroker::acme
