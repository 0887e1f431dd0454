#include "tests/fakes/scripted_ca/account_view.h"
#include "tests/fakes/scripted_ca/endpoints.h"

namespace certbroker::scripted_ca {
namespace {

// The new key, out of an inner JWS that says what RFC 8555 §7.3.5 wants.
Outcome<PublicJwkPtr> CheckInner(const Ca& ca, const SignedRequest& outer) {
  const auto inner = JwsFromJson(outer.payload);
  if (!inner) return inner.problem();
  const Json& header = inner->header;
  if (!header.contains("jwk")) return Malformed("the inner JWS has no \"jwk\"");
  if (header.contains("nonce")) return Malformed("the inner JWS has a nonce");
  const std::string* url = StringAt(header, "url");
  if (url == nullptr || *url != outer.url) {
    return Malformed("inner and outer JWS have different URLs");
  }
  auto key = ParseJwk(header["jwk"]);
  if (!key) return key.problem();
  if (!VerifySignature(*inner, **key)) return Malformed("the inner signature does not verify");
  const Json payload = Json::parse(inner->payload, nullptr, /*allow_exceptions=*/false);
  const std::string* account = StringAt(payload, "account");
  if (account == nullptr || *account != ca.Url(Endpoint::kAccount, outer.account)) {
    return Malformed("\"account\" is not the account that signed");
  }
  const auto old = payload.contains("oldKey") ? ParseJwk(payload["oldKey"]) : Malformed("no key");
  if (!old || (*old)->thumbprint != outer.key->thumbprint) {
    return Malformed("\"oldKey\" is not the account's key");
  }
  return *key;
}

Response KeyInUse(const Ca& ca, const Account& other) {
  Problem problem{409, "malformed", "the new key is already another account's"};
  problem.headers.emplace_back("Location", ca.Url(Endpoint::kAccount, other.id));
  return ToResponse(problem);
}

}  // namespace

Response ChangeKey(Ca& ca, const SignedRequest& request) {
  if (request.is_get()) return ToResponse(Malformed("keyChange needs a payload"));
  auto key = CheckInner(ca, request);
  if (!key) return ToResponse(key.problem());
  const MutexLock lock(ca.mutex);
  if (const Account* other = ca.store.FindAccountByKey((*key)->thumbprint)) {
    return KeyInUse(ca, *other);
  }
  Account& account = *ca.store.FindAccount(request.account);
  ca.store.ChangeKey(account, *std::move(key));
  return AccountAnswer(ca, account, 200);
}

}  // namespace certbroker::scripted_ca
