#include "tests/fakes/scripted_ca/signed_request.h"

#include <string_view>

namespace certbroker::scripted_ca {
namespace {

constexpr std::string_view kMediaType = "application/jose+json";

std::string MemberOf(const Json& header, const char* name) {
  const std::string* text = StringAt(header, name);
  return text == nullptr ? "" : *text;
}

std::optional<Problem> CheckAlgorithm(const Jws& jws) {
  for (const std::string_view known : {"ES256", "ES384", "RS256"}) {
    if (jws.algorithm == known) return std::nullopt;
  }
  Problem problem{400, "badSignatureAlgorithm", "algorithm " + jws.algorithm + " is not taken"};
  problem.more["algorithms"] = {"ES256", "ES384", "RS256"};
  return problem;
}

std::optional<Problem> CheckNonce(Ca& ca, const std::string& nonce) {
  if (nonce.empty()) return Problem{400, "badNonce", "the JWS has no nonce"};
  if (ca.nonces.Take(nonce)) return std::nullopt;
  return Problem{400, "badNonce", "the nonce is used, too old, or not one of ours"};
}

// RFC 8555 §6.2: exactly one of the two, and which depends on the resource.
std::optional<Problem> CheckKeyMember(Endpoint endpoint, const Json& header) {
  const bool jwk = header.contains("jwk");
  if (jwk == header.contains("kid")) return Malformed("exactly one of \"jwk\" and \"kid\"");
  if (endpoint == Endpoint::kRevokeCert) return std::nullopt;
  if (jwk == (endpoint == Endpoint::kNewAccount)) return std::nullopt;
  return Malformed(jwk ? "\"jwk\" where \"kid\" is due" : "\"kid\" where \"jwk\" is due");
}

Problem NoAccount() { return {400, "accountDoesNotExist", "there is no account of that URL"}; }

std::optional<Problem> FindAccountKey(Ca& ca, const std::string& kid, SignedRequest& request) {
  const std::string prefix = ca.Url(Endpoint::kAccount) + "/";
  const MutexLock lock(ca.mutex);
  Account* account =
      kid.starts_with(prefix) ? ca.store.FindAccount(ParseId(kid.substr(prefix.size()))) : nullptr;
  if (account == nullptr || ca.clock.Now() - account->created < ca.options.lag.account) {
    return NoAccount();
  }
  if (account->status != Status::kValid) return Unauthorized("the account is deactivated");
  request.account = account->id;
  request.key = account->key;
  return std::nullopt;
}

std::optional<Problem> FindKey(Ca& ca, SignedRequest& request) {
  const Json& header = request.jws.header;
  if (header.contains("kid")) return FindAccountKey(ca, MemberOf(header, "kid"), request);
  auto key = ParseJwk(header["jwk"]);
  if (!key) return key.problem();
  request.key = *key;
  return std::nullopt;
}

std::optional<Problem> ReadPayload(SignedRequest& request) {
  if (request.is_get()) return std::nullopt;
  request.payload = Json::parse(request.jws.payload, nullptr, /*allow_exceptions=*/false);
  if (request.payload.is_object()) return std::nullopt;
  return Malformed("the payload is no JSON object");
}

std::optional<Problem> CheckTransport(const Request& request) {
  const std::string_view type =
      std::string_view(request.content_type).substr(0, request.content_type.find(';'));
  if (type != kMediaType) {
    return Problem{415, "malformed", "the content type is not " + std::string(kMediaType)};
  }
  return std::nullopt;
}

}  // namespace

Outcome<SignedRequest> CheckSigned(Ca& ca, const Request& http, const Route& route,
                                   SeenRequest& seen) {
  if (auto problem = CheckTransport(http)) return *std::move(problem);
  auto jws = ParseJws(http.body);
  if (!jws) return jws.problem();
  SignedRequest request;
  request.endpoint = route.endpoint;
  request.route = route;
  request.url = ca.base_url + http.target;
  request.address = http.address;
  request.jws = *std::move(jws);
  const Json& header = request.jws.header;
  seen.algorithm = request.jws.algorithm;
  seen.nonce = MemberOf(header, "nonce");
  seen.key_id = MemberOf(header, "kid");
  seen.payload = request.jws.payload;

  if (auto problem = CheckAlgorithm(request.jws)) return *std::move(problem);
  if (auto problem = CheckNonce(ca, seen.nonce)) return *std::move(problem);
  // RFC 8555 §6.4: byte for byte.
  if (MemberOf(header, "url") != request.url) {
    return Problem{401, "unauthorized", "the JWS was made for another URL"};
  }
  if (auto problem = CheckKeyMember(route.endpoint, header)) return *std::move(problem);
  if (auto problem = FindKey(ca, request)) return *std::move(problem);
  if (!VerifySignature(request.jws, *request.key)) {
    return Problem{400, "malformed", "the signature does not verify with the key"};
  }
  if (auto problem = ReadPayload(request)) return *std::move(problem);
  seen.verified = true;
  return request;
}

}  // namespace certbroker::scripted_ca
