#include "core/jws.h"

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker {
namespace {

constexpr std::size_t kMaxNonce = 1024;
constexpr std::size_t kP256Coordinate = 32;
constexpr std::size_t kP384Coordinate = 48;

std::string EcJson(std::string_view curve, ByteView x, ByteView y) {
  return fmt::format(R"({{"crv":"{}","kty":"EC","x":"{}","y":"{}"}})", curve, Base64Url(x),
                     Base64Url(y));
}

// RFC 7518 §2, Base64urlUInt: as few octets as possible.
std::string UnsignedBase64Url(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  CERTBROKER_CHECK(!number.empty());
  return Base64Url(number);
}

std::string ProtectedHeader(const JwsInput& input, const Jwk& key) {
  // RFC 8555 §6.2: exactly one of kid and jwk.
  const std::string who = input.account_url
                              ? fmt::format(R"("kid":"{}")", input.account_url->ToString())
                              : fmt::format(R"("jwk":{})", key.canonical_json);
  // RFC 8555 §7.3.5: "The inner JWS MUST omit the "nonce" header parameter".
  const std::string nonce =
      input.nonce ? fmt::format(R"("nonce":"{}",)", input.nonce->ToString()) : "";
  return fmt::format(R"({{"alg":"{}",{},{}"url":"{}"}})", key.algorithm, who, nonce,
                     input.url.ToString());
}

}  // namespace

std::string_view ToString(SignaturePurpose purpose) {
  switch (purpose) {
    case SignaturePurpose::kNewAccount:
      return "newAccount";
    case SignaturePurpose::kNewOrder:
      return "newOrder";
    case SignaturePurpose::kPostAsGet:
      return "postAsGet";
    case SignaturePurpose::kChallengeResponse:
      return "challenge";
    case SignaturePurpose::kFinalize:
      return "finalize";
    case SignaturePurpose::kRevokeCertificate:
      return "revokeCert";
    case SignaturePurpose::kAccountUpdate:
      return "account";
    case SignaturePurpose::kAuthorizationDeactivation:
      return "authorization";
    case SignaturePurpose::kKeyChange:
      return "keyChange";
    case SignaturePurpose::kKeyProof:
      return "keyProof";
  }
  CERTBROKER_CHECK(false);
}

std::optional<SignaturePurpose> SignaturePurposeFromName(std::string_view name) {
  using enum SignaturePurpose;
  for (const auto purpose :
       {kNewAccount, kNewOrder, kPostAsGet, kChallengeResponse, kFinalize, kRevokeCertificate,
        kAccountUpdate, kAuthorizationDeactivation, kKeyChange, kKeyProof}) {
    if (ToString(purpose) == name) return purpose;
  }
  return std::nullopt;
}

Result<Nonce> Nonce::Parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxNonce || !HasOnlyBase64UrlCharacters(text)) {
    return Error(Reason::kCaBadAnswer,
                 fmt::format("the CA sent a Replay-Nonce of {} octets that is not base64url "
                             "(RFC 8555 §6.5.1)",
                             text.size()));
  }
  return Nonce(std::string(text));
}

Jwk EcP256Jwk(ByteView x, ByteView y) {
  CERTBROKER_CHECK(x.size() == kP256Coordinate && y.size() == kP256Coordinate);
  return {"ES256", EcJson("P-256", x, y)};
}

Jwk EcP384Jwk(ByteView x, ByteView y) {
  CERTBROKER_CHECK(x.size() == kP384Coordinate && y.size() == kP384Coordinate);
  return {"ES384", EcJson("P-384", x, y)};
}

Jwk RsaJwk(ByteView modulus, ByteView exponent) {
  return {"RS256", fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})", UnsignedBase64Url(exponent),
                               UnsignedBase64Url(modulus))};
}

namespace {

// So that what is recorded as a look at something cannot be an order for it.
bool FitsPurpose(const std::string& payload, SignaturePurpose purpose) {
  if (purpose == SignaturePurpose::kChallengeResponse) return payload == "{}";  // RFC 8555 §7.5.1
  return payload.empty() == (purpose == SignaturePurpose::kPostAsGet);          // §6.3
}

}  // namespace

Result<void> CheckForm(const JwsInput& input) {
  const bool inner = input.purpose == SignaturePurpose::kKeyChange && !input.account_url;
  // RFC 8555 §6.2: the key itself for newAccount only (revokeCert has it with a certificate's key,
  // which is none of ours), and in the inner JWS of a key change (§7.3.5), which has no nonce.
  const bool has_key = input.purpose == SignaturePurpose::kNewAccount || inner;
  if (input.purpose != SignaturePurpose::kKeyProof && has_key == !input.account_url &&
      inner == !input.nonce && FitsPurpose(input.payload, input.purpose)) {
    return {};
  }
  return Error(Reason::kInternal, fmt::format("nothing was signed: no {} request has this form",
                                              ToString(input.purpose)));
}

UnsignedJws::UnsignedJws(const JwsInput& input, const Jwk& key)
    : protected_base64_(Base64Url(AsBytes(ProtectedHeader(input, key)))),
      payload_base64_(Base64Url(AsBytes(input.payload))) {}

std::string UnsignedJws::SigningInput() const {
  return fmt::format("{}.{}", protected_base64_, payload_base64_);
}

std::string UnsignedJws::WithSignature(ByteView signature) const {
  return fmt::format(R"({{"protected":"{}","payload":"{}","signature":"{}"}})", protected_base64_,
                     payload_base64_, Base64Url(signature));
}

}  // namespace certbroker
