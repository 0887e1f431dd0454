// core/jws.h: what an account key signs: a JWS of RFC 8555 §6.2, described by value and serialised
// here only.
//
// There is no way to have arbitrary bytes signed: a Signer takes a JwsInput, builds the protected
// header itself and signs exactly that. Nothing in a JwsInput needs JSON escaping, by the types of
// its members.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/https_url.h"
#include "core/result.h"

namespace certbroker {

// What a signature is for; the ledger of signatures records it.
enum class SignaturePurpose {
  kNewAccount,
  kNewOrder,
  kPostAsGet,
  kChallengeResponse,
  kFinalize,
  kRevokeCertificate,
  kAccountUpdate,
  kAuthorizationDeactivation,
  kKeyChange,  // outer and inner JWS (RFC 8555 §7.3.5)
  kKeyProof,   // no JWS: random octets, to see that a handle still names its key
};
std::string_view ToString(SignaturePurpose purpose);
std::optional<SignaturePurpose> SignaturePurposeFromName(std::string_view name);

// RFC 8555 §6.5.1: base64url characters only; ours are 1 to 1024 of them.
class Nonce {
 public:
  static Result<Nonce> Parse(std::string_view text);  // kCaBadAnswer
  const std::string& ToString() const { return text_; }

 private:
  explicit Nonce(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The public half of an account key.
struct Jwk {
  std::string algorithm;       // "ES256", "ES384" or "RS256": RFC 7518 §3.1
  std::string canonical_json;  // members in lexical order, no white space: the input of RFC 7638 §3

  friend bool operator==(const Jwk&, const Jwk&) = default;
};

// RFC 7518 §6.2.1: x and y are the coordinates, left-padded to 32 and 48 octets each.
Jwk EcP256Jwk(ByteView x, ByteView y);
Jwk EcP384Jwk(ByteView x, ByteView y);
// RFC 7518 §6.3.1: big-endian; leading zero octets, which tokens like to give, are left out (§2).
Jwk RsaJwk(ByteView modulus, ByteView exponent);

struct JwsInput {
  SignaturePurpose purpose;
  HttpsUrl url;
  // Nothing only in the inner JWS of a key change, which must not have one (RFC 8555 §7.3.5).
  std::optional<Nonce> nonce;
  std::optional<HttpsUrl>
      account_url;      // kid; without it the header carries the jwk (RFC 8555 §6.2)
  std::string payload;  // JSON, or empty for POST-as-GET (§6.3)
  // For the ledger of key uses.
  std::string subject;          // "orders/…", "issuers/…/accounts/…"
  std::string agent = {};       // on whose behalf; empty: nobody's
  std::string request_id = {};  // of the agent's request
};

// Whether a signature of that purpose looks like this, so that none can be taken for one of another
// purpose: kInternal.
Result<void> CheckForm(const JwsInput& input);

// The two halves that a signature joins.
class UnsignedJws {
 public:
  UnsignedJws(const JwsInput& input, const Jwk& key);

  // RFC 7515 §5.1: ASCII(BASE64URL(header) "." BASE64URL(payload)).
  std::string SigningInput() const;
  // The flattened JSON serialisation that goes on the wire. `signature` is raw (ES256
  // and ES384: r‖s, 64 and 96 octets; RS256: as long as the modulus).
  std::string WithSignature(ByteView signature) const;

 private:
  std::string protected_base64_;
  std::string payload_base64_;
};

}  // namespace certbroker
