#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/order_view.h"
#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

// "7/1" → 7 and 1.
std::pair<Id, std::size_t> SplitPath(const std::string& argument) {
  const std::size_t slash = argument.find('/');
  if (slash == std::string::npos) return {0, 0};
  const std::string index = argument.substr(slash + 1);
  return {ParseId(std::string_view(argument).substr(0, slash)), index == "0" ? 0 : ParseId(index)};
}

std::optional<Problem> Deactivate(Authorization& authorization, const Json& payload) {
  const std::string* status = StringAt(payload, "status");
  if (status == nullptr || *status != "deactivated") {
    return Malformed("an authorization can only be deactivated");
  }
  if (authorization.status != Status::kPending && authorization.status != Status::kValid) {
    return Malformed("the authorization is already " + std::string(NameOf(authorization.status)));
  }
  authorization.status = Status::kDeactivated;
  return std::nullopt;
}

Question QuestionOf(const Ca& ca, const Authorization& authorization, const Challenge& challenge,
                    const PublicJwk& key) {
  // RFC 8555 §8.1.
  const std::string key_authorization = challenge.token + "." + key.thumbprint;
  return {.type = challenge.type,
          .identifier = authorization.identifier,
          .wildcard = authorization.wildcard,
          .token = challenge.token,
          .key_authorization = key_authorization,
          .account_url = ca.Url(Endpoint::kAccount, authorization.account),
          .asked = ca.clock.Now()};
}

void Conclude(Ca& ca, Challenge& challenge, Verdict verdict) REQUIRES(ca.mutex) {
  challenge.verdict = std::move(verdict);
  challenge.verdict_due = ca.clock.Now() + ca.options.validation_time;
}

void StartValidation(Ca& ca, Authorization& authorization, std::size_t index, const PublicJwk& key)
    REQUIRES(ca.mutex) {
  Challenge& challenge = authorization.challenges.at(index);
  challenge.status = Status::kProcessing;
  Question question = QuestionOf(ca, authorization, challenge, key);
  if (auto verdict = ca.validator.AtOnce(question)) {
    Conclude(ca, challenge, *std::move(verdict));
    BringUpToDate(ca, authorization);
    return;
  }
  ca.validator.Look(std::move(question), [&ca, id = authorization.id, index](Verdict verdict) {
    const MutexLock lock(ca.mutex);
    Conclude(ca, ca.store.FindAuthorization(id)->challenges.at(index), std::move(verdict));
  });
}

Response ChallengeAnswer(const Ca& ca, const Authorization& authorization, std::size_t index) {
  Response response = JsonResponse(200, ChallengeJson(ca, authorization, index));
  response.headers.emplace_back(
      "Link", "<" + ca.Url(Endpoint::kAuthorization, authorization.id) + ">;rel=\"up\"");
  if (authorization.status == Status::kPending) AddRetryAfter(ca, response);
  return response;
}

}  // namespace

Response PostAuthorization(Ca& ca, const SignedRequest& request) {
  const MutexLock lock(ca.mutex);
  const auto found = FindAuthorization(ca, request.account, ParseId(request.route.argument));
  if (!found) return ToResponse(found.problem());
  if (!request.is_get()) {
    if (auto problem = Deactivate(**found, request.payload)) return ToResponse(*problem);
  }
  return AuthorizationAnswer(ca, **found);
}

Response PostChallenge(Ca& ca, const SignedRequest& request) {
  const auto [id, index] = SplitPath(request.route.argument);
  const MutexLock lock(ca.mutex);
  const auto found = FindAuthorization(ca, request.account, id);
  if (!found) return ToResponse(found.problem());
  Authorization& authorization = **found;
  if (index >= authorization.challenges.size()) return ToResponse(NotFound("no such challenge"));
  const Challenge& challenge = authorization.challenges[index];
  if (!request.is_get()) {
    if (!request.payload.empty()) {
      return ToResponse(Malformed("the response to a challenge is {}"));
    }
    if (authorization.status != Status::kPending && authorization.status != Status::kValid) {
      return ToResponse(Malformed("the authorization is " +
                                  std::string(NameOf(authorization.status)) + " already"));
    }
    if (authorization.status == Status::kPending && challenge.status == Status::kPending) {
      StartValidation(ca, authorization, index, *request.key);
    }
  }
  return ChallengeAnswer(ca, authorization, index);
}

}  // namespace certbroker::scripted_ca
