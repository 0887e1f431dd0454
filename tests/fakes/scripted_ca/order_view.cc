#include "tests/fakes/scripted_ca/order_view.h"

#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

// Whole seconds, as CAs write times.
std::string WholeSecondsText(Time time) {
  return FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace

Response OrderAnswer(const Ca& ca, const Order& order, int status) {
  Json json = {{"status", NameOf(order.status)},
               {"expires", WholeSecondsText(order.expires)},
               {"identifiers", Json::array()},
               {"authorizations", Json::array()},
               {"finalize", ca.Url(Endpoint::kFinalize, order.id)}};
  for (const Identifier& name : order.identifiers) json["identifiers"].push_back(ToJson(name));
  for (const Id id : order.authorizations) {
    json["authorizations"].push_back(ca.Url(Endpoint::kAuthorization, id));
  }
  if (!order.profile.empty()) json["profile"] = order.profile;
  if (!order.replaces.empty()) json["replaces"] = order.replaces;
  if (order.error) json["error"] = ToJson(*order.error);
  if (order.status == Status::kValid) {
    json["certificate"] = ca.Url(Endpoint::kCertificate, order.certificate);
  }
  Response response = JsonResponse(status, json);
  response.headers.emplace_back("Location", ca.Url(Endpoint::kOrder, order.id));
  if (order.status == Status::kProcessing) AddRetryAfter(ca, response);
  return response;
}

Json ChallengeJson(const Ca& ca, const Authorization& authorization, std::size_t index) {
  const Challenge& challenge = authorization.challenges.at(index);
  const std::string path = std::to_string(authorization.id) + "/" + std::to_string(index);
  Json json = {{"type", challenge.type},
               {"url", ca.Url(Endpoint::kChallenge, path)},
               {"status", NameOf(challenge.status)}};
  if (challenge.type == "dns-persist-01") {
    json["issuer-domain-names"] = ca.options.issuer_domain_names;
    json["accounturi"] = ca.Url(Endpoint::kAccount, authorization.account);
  } else {
    json["token"] = challenge.token;
  }
  if (challenge.validated) json["validated"] = WholeSecondsText(*challenge.validated);
  if (challenge.error) json["error"] = ToJson(*challenge.error);
  return json;
}

Response AuthorizationAnswer(const Ca& ca, const Authorization& authorization) {
  Json json = {{"status", NameOf(authorization.status)},
               {"expires", WholeSecondsText(authorization.expires)},
               {"identifier", ToJson(authorization.identifier)},
               {"challenges", Json::array()}};
  if (authorization.wildcard) json["wildcard"] = true;
  for (std::size_t i = 0; i < authorization.challenges.size(); ++i) {
    const Status status = authorization.challenges[i].status;
    // RFC 8555 §7.1.4: once decided, the one that decided.
    const bool decided =
        authorization.status == Status::kValid || authorization.status == Status::kInvalid;
    if (decided && status != Status::kValid && status != Status::kInvalid) continue;
    json["challenges"].push_back(ChallengeJson(ca, authorization, i));
  }
  Response response = JsonResponse(200, json);
  if (authorization.status == Status::kPending) AddRetryAfter(ca, response);
  return response;
}

void AddRetryAfter(const Ca& ca, Response& response) {
  if (ca.options.retry_after_form == RetryAfterForm::kNone) return;
  response.headers.emplace_back(
      "Retry-After",
      RetryAfterText(ca.options.retry_after_form, ca.options.retry_after, ca.clock.Now()));
}

Outcome<Order*> FindOrder(Ca& ca, Id account, Id id) {
  Order* order = ca.store.FindOrder(id);
  if (order == nullptr || ca.clock.Now() - order->created < ca.options.lag.order) {
    return NotFound("No order for ID " + std::to_string(id));
  }
  if (order->account != account) return Unauthorized("this is somebody else's order");
  BringUpToDate(ca, *order);
  return order;
}

Outcome<Authorization*> FindAuthorization(Ca& ca, Id account, Id id) {
  Authorization* found = ca.store.FindAuthorization(id);
  if (found == nullptr || ca.clock.Now() - found->created < ca.options.lag.authorization) {
    return NotFound("No such authorization");
  }
  if (found->account != account) return Unauthorized("this is somebody else's authorization");
  BringUpToDate(ca, *found);
  return found;
}

}  // namespace certbroker::scripted_ca
