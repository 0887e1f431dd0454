#include "tests/fakes/scripted_ca/exchange.h"

#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/jws.h"

namespace certbroker::scripted_ca {
namespace {

Response NotAllowed(const char* allowed) {
  Problem problem{405, "malformed", std::string("this resource takes ") + allowed};
  problem.headers.emplace_back("Allow", allowed);
  return ToResponse(problem);
}

Response Dispatch(Ca& ca, const SignedRequest& request) {
  switch (request.endpoint) {
    case Endpoint::kNewAccount:
      return NewAccount(ca, request);
    case Endpoint::kNewOrder:
      return NewOrder(ca, request);
    case Endpoint::kRevokeCert:
      return RevokeCertificate(ca, request);
    case Endpoint::kKeyChange:
      return ChangeKey(ca, request);
    case Endpoint::kAccount:
      return PostAccount(ca, request);
    case Endpoint::kOrders:
      return ListOrders(ca, request);
    case Endpoint::kOrder:
      return GetOrder(ca, request);
    case Endpoint::kFinalize:
      return Finalize(ca, request);
    case Endpoint::kAuthorization:
      return PostAuthorization(ca, request);
    case Endpoint::kChallenge:
      return PostChallenge(ca, request);
    case Endpoint::kCertificate:
      return GetCertificate(ca, request);
    case Endpoint::kDirectory:
    case Endpoint::kNewNonce:
    case Endpoint::kRenewalInfo:
    case Endpoint::kUnknown:
      break;
  }
  return ToResponse(NotFound("there is nothing here"));
}

Response AnswerPost(Ca& ca, const Request& request, const Plan& plan, SeenRequest& seen) {
  auto checked = CheckSigned(ca, request, plan.route, seen);
  if (!checked) return ToResponse(checked.problem());
  if (plan.action) {
    // The script's answer is made by Changed.
    if (!plan.action->acts) return {};
    checked->flaw = plan.action->flaw;
  }
  return Dispatch(ca, *checked);
}

// RFC 8555 §6.3: what may be asked for without a signature.
Response AnswerGet(Ca& ca, const Request& request, const Route& route) {
  if (route.endpoint == Endpoint::kDirectory) return GetDirectory(ca);
  if (route.endpoint == Endpoint::kRenewalInfo) return GetRenewalInfo(ca, route.argument);
  // RFC 8555 §7.2.
  if (route.endpoint == Endpoint::kNewNonce)
    return {.status = request.method == "HEAD" ? 200 : 204};
  return route.endpoint == Endpoint::kUnknown ? ToResponse(NotFound("there is nothing here"))
                                              : NotAllowed("POST");
}

bool IsUnsigned(Endpoint endpoint) {
  return endpoint == Endpoint::kDirectory || endpoint == Endpoint::kNewNonce ||
         endpoint == Endpoint::kRenewalInfo;
}

Response Correct(Ca& ca, const Request& request, const Plan& plan, SeenRequest& seen) {
  const Endpoint endpoint = plan.route.endpoint;
  // RFC 8555 §6.1.
  if (request.user_agent.empty()) return ToResponse(Malformed("a User-Agent is required"));
  if (ca.options.request_limits) {
    const MutexLock lock(ca.mutex);
    if (auto problem = ca.request_limits.OnRequest(endpoint, request.address, ca.clock.Now())) {
      return ToResponse(*problem);
    }
  }
  if (request.method == "GET" || request.method == "HEAD") {
    return AnswerGet(ca, request, plan.route);
  }
  if (request.method != "POST" || IsUnsigned(endpoint)) return NotAllowed("GET, HEAD");
  return AnswerPost(ca, request, plan, seen);
}

void AddWhatAllCarry(Ca& ca, const Request& request, const Plan& plan, Response& response) {
  const bool nonce = request.method == "POST" || plan.route.endpoint == Endpoint::kNewNonce;
  if (nonce) response.headers.emplace_back("Replay-Nonce", ca.nonces.Make());
  response.headers.emplace_back("Cache-Control", "no-store");
  if (plan.route.endpoint == Endpoint::kDirectory) return;
  response.headers.emplace_back("Link", "<" + ca.Url(Endpoint::kDirectory) + ">;rel=\"index\"");
}

std::string ProblemTypeIn(const Response& response) {
  if (response.content_type != "application/problem+json") return {};
  const Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const std::string* type = StringAt(json, "type");
  return type == nullptr ? "" : type->substr(type->rfind(':') + 1);
}

// The parts of a JWS that nobody checks any more.
void ReadUnchecked(const Request& request, SeenRequest& seen) {
  const auto jws = ParseJws(request.body);
  if (!jws) return;
  seen.algorithm = jws->algorithm;
  seen.payload = jws->payload;
  if (const std::string* nonce = StringAt(jws->header, "nonce")) seen.nonce = *nonce;
  if (const std::string* key_id = StringAt(jws->header, "kid")) seen.key_id = *key_id;
}

}  // namespace

Plan MakePlan(Ca& ca, const Request& request) {
  Plan plan;
  plan.route = RouteOf(request.target, ca.options.directory_path);
  plan.action = ca.script.Next(plan.route.endpoint, request);
  return plan;
}

Delivery Carry(Ca& ca, const Request& request, const Plan& plan) {
  SeenRequest seen;
  seen.endpoint = plan.route.endpoint;
  seen.method = request.method;
  seen.target = request.target;
  seen.user_agent = request.user_agent;
  seen.body = request.body;
  Delivery delivery;
  if (plan.action && plan.action->drop == Drop::kBeforeActing) {
    ReadUnchecked(request, seen);
    delivery.drop = true;
  } else {
    delivery.response = Correct(ca, request, plan, seen);
  }
  if (plan.action && !delivery.drop) {
    const Action& action = *plan.action;
    if (action.problem) delivery.response = ToResponse(*action.problem);
    AddWhatAllCarry(ca, request, plan, delivery.response);
    delivery.response = Changed(action, std::move(delivery.response), ca.clock.Now());
    delivery.drop = action.drop == Drop::kAfterActing;
    delivery.delay = action.delay;
    delivery.cut_after = action.cut_after;
    delivery.octets_per_second = action.octets_per_second;
    delivery.raw = action.raw;
  } else if (!delivery.drop) {
    AddWhatAllCarry(ca, request, plan, delivery.response);
  }
  if (!delivery.drop && !delivery.raw) {
    seen.status = delivery.response.status;
    seen.problem = ProblemTypeIn(delivery.response);
  }
  ca.record.Add(std::move(seen), plan.action.has_value());
  return delivery;
}

}  // namespace certbroker::scripted_ca
