#include "acme/problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "acme/retry_after.h"

namespace certbroker::acme {
namespace {

constexpr std::string_view kUrn = "urn:ietf:params:acme:error:";
constexpr std::string_view kProblemType = "application/problem+json";

struct Meaning {
  std::string_view type;
  Reason reason;
  std::string_view sentence;
};

// RFC 8555 §6.7, RFC 9773 §7.4, draft-ietf-acme-profiles; agreementRequired is what Pebble said
// before 2.9. A type that is not here means what its HTTP status means.
constexpr auto kMeanings = std::to_array<Meaning>({
    {"accountDoesNotExist", Reason::kCaAccountUnusable,
     "the CA does not know this account; check the issuer's directory, or create the account "
     "again"},
    {"agreementRequired", Reason::kCaTermsChanged,
     "the CA wants its terms of service agreed to; an operator must read them and agree"},
    {"alreadyRevoked", Reason::kCaAlreadyRevoked, "the certificate is already revoked"},
    {"badCSR", Reason::kCaBadCsr,
     "the CA refuses the certificate signing request; make a new one with another key or content"},
    {"badNonce", Reason::kCaBadNonce,
     "the CA does not accept the nonce; sign again with a new one"},
    {"badPublicKey", Reason::kCaBadCsr,
     "the CA refuses the public key; use another key of a type that it takes"},
    {"badRevocationReason", Reason::kInvalidArgument,
     "the CA does not take this revocation reason; choose another"},
    {"badSignatureAlgorithm", Reason::kCaAccountUnusable,
     "the CA does not take signatures of the account key's algorithm; create an account with "
     "another key"},
    {"caa", Reason::kCaCaaForbids,
     "a CAA record forbids this CA to issue (RFC 8659); change the record or the issuer"},
    {"connection", Reason::kChallengeUnreachable,
     "the CA could not connect to the host to validate it; check its address records and port 80"},
    {"dns", Reason::kChallengeUnreachable,
     "the CA could not look the name up in the DNS; check its records and name servers"},
    {"externalAccountRequired", Reason::kCaExternalAccountRequired,
     "the CA wants the account bound to one that was made on its website (RFC 8555 §7.3.4)"},
    {"incorrectResponse", Reason::kChallengeWrongContent,
     "the CA found another answer than the challenge's; check who answers for the name"},
    {"invalidProfile", Reason::kCaProfileRefused,
     "the CA has no such profile, or not for these names; ask for one that its directory lists"},
    {"orderNotReady", Reason::kCaOrderNotReady,
     "the CA does not hold the order ready; read the order and follow its status"},
    {"rateLimited", Reason::kCaRateLimited, "the CA's rate limit is reached"},
    {"rejectedIdentifier", Reason::kCaRejectedIdentifier,
     "the CA will not issue for a name of this order"},
    {"serverInternal", Reason::kCaUnavailable, "the CA has an internal error; it may pass"},
    {"tls", Reason::kChallengeUnreachable,
     "the CA had a TLS error when it validated the host; check where port 80 redirects to"},
    {"unsupportedIdentifier", Reason::kCaRejectedIdentifier,
     "the CA does not issue for identifiers of this type"},
    {"userActionRequired", Reason::kCaTermsChanged,
     "the CA wants an operator to act first, most likely to agree to new terms"},
});

const Meaning* MeaningOf(std::string_view type) {
  const auto* found = std::ranges::find(kMeanings, type, &Meaning::type);
  return found == kMeanings.end() ? nullptr : found;
}

// RFC 9457 §3.1.1: an absent type is about:blank.
std::string TypeOf(const JsonValue& value) {
  const std::string* type = value.AsString();
  if (type == nullptr || type->empty()) return "about:blank";
  return type->starts_with(kUrn) ? type->substr(kUrn.size()) : *type;
}

// "…; the CA says: "…" (rateLimited, HTTP 429)".
std::string Explain(std::string_view sentence, const Problem& problem, int http_status) {
  std::string text(sentence);
  if (problem.detail.empty()) {
    text += "; the CA says no more";
  } else {
    text += fmt::format("; the CA says: \"{}\"", Printable(problem.detail));
  }
  text += fmt::format(" ({}", Printable(problem.type, 100));
  if (http_status != 0) text += fmt::format(", HTTP {}", http_status);
  text += ')';
  if (!problem.algorithms.empty())
    text += fmt::format("; it takes {}",
                        Printable(fmt::format("{}", fmt::join(problem.algorithms, ", ")), 200));
  // RFC 8555 §7.3.3: where the user must go. Others put more to read there.
  if (!problem.instance.empty()) text += fmt::format("; see {}", Printable(problem.instance, 300));
  return text;
}

std::string SubjectOf(const IdentifierMessage& identifier) {
  return Printable(identifier.value, 256);
}

Reason ReasonOfSubproblem(const Subproblem& subproblem, Reason whole) {
  const Meaning* meaning = MeaningOf(subproblem.type);
  return meaning == nullptr ? whole : meaning->reason;
}

Error WithViolations(Error error, const Problem& problem) {
  for (const Subproblem& subproblem : problem.subproblems) {
    if (subproblem.identifier.value.empty()) continue;
    const Reason reason = ReasonOfSubproblem(subproblem, error.reason());
    error = std::move(error).With(
        {.subject = SubjectOf(subproblem.identifier),
         .reason = reason,
         .description = fmt::format("the CA says: \"{}\" ({})", Printable(subproblem.detail),
                                    Printable(subproblem.type, 100))});
  }
  return error;
}

// RFC 8555 §6.7.1: "compound" points to its subproblems. When they agree, that is the reason.
std::optional<Meaning> AgreedMeaning(const Problem& problem) {
  if (problem.type != "compound" || problem.subproblems.empty()) return std::nullopt;
  const Meaning* first = MeaningOf(problem.subproblems.front().type);
  if (first == nullptr) return std::nullopt;
  const bool agree = std::ranges::all_of(problem.subproblems, [&](const Subproblem& other) {
    return ReasonOfSubproblem(other, Reason::kInternal) == first->reason;
  });
  return agree ? std::optional(*first) : std::nullopt;
}

Meaning MeaningOfStatus(int http_status) {
  if (http_status == 0) return {"", Reason::kCaOrderInvalid, "the CA gave the order up"};
  if (http_status >= 500) return {"", Reason::kCaUnavailable, "the CA has trouble; it may pass"};
  if (http_status == 429) return *MeaningOf("rateLimited");
  return {"", Reason::kCaRejected, "the CA refuses the request"};
}

Meaning Judge(const Problem& problem, int http_status) {
  // A busy balancer of Let's Encrypt says rateLimited with 503: no quota has been hit (tH2).
  if (http_status == 503) return MeaningOfStatus(http_status);
  // RFC 8555 §7.3.6: what a deactivated account gets. With 403 it may be the request alone.
  if (problem.type == "unauthorized" && http_status == 401) {
    return {"", Reason::kCaAccountUnusable,
            "the CA does not let this account act; it may have been deactivated"};
  }
  if (const Meaning* meaning = MeaningOf(problem.type); meaning != nullptr) return *meaning;
  return AgreedMeaning(problem).value_or(MeaningOfStatus(http_status));
}

std::optional<std::chrono::seconds> RetryAfterSeconds(const HttpResponse& response, Time now) {
  const auto delay = RetryAfter(response, now);
  if (!delay) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*delay);
}

// An answer that no ACME server wrote: a balancer, a proxy, a captive portal, or one cut short.
Error NotAProblem(const HttpResponse& response, std::optional<std::chrono::seconds> retry_after) {
  const std::string type(response.Header("content-type").value_or("no content type"));
  const bool transient = response.status >= 500 || response.status == 429;
  Error error(transient ? Reason::kCaUnavailable : Reason::kCaBadAnswer,
              fmt::format("the CA answered HTTP {} with {} octets of {} and no problem document "
                          "(RFC 8555 §6.7){}",
                          response.status, response.body.size(), Printable(type, 100),
                          transient ? "; it may pass" : "; check the issuer's directory URL"));
  if (retry_after) error = std::move(error).RetryAfter(*retry_after);
  return error;
}

std::optional<Problem> ProblemOf(const HttpResponse& response) {
  // RFC 8555 §6.7: a problem document has this type; without it, it may be anybody's JSON.
  if (!HasMediaType(response, kProblemType)) return std::nullopt;
  auto problem = ParseProblem(response.body);
  if (!problem) return std::nullopt;
  return *std::move(problem);
}

}  // namespace

std::optional<Problem> ProblemFrom(const JsonValue& value) {
  if (value.AsObject() == nullptr) return std::nullopt;
  Problem problem;
  problem.type = TypeOf(value["type"]);
  problem.detail = TextOrEmpty(value["detail"]);
  problem.instance = TextOrEmpty(value["instance"]);
  const auto status = value["status"].AsInteger().value_or(0);
  problem.status = status >= 100 && status <= 599 ? static_cast<int>(status) : 0;
  if (const auto* array = value["algorithms"].AsArray(); array != nullptr) {
    for (const JsonValue& item : *array) {
      if (item.AsString() != nullptr) problem.algorithms.push_back(*item.AsString());
    }
  }
  if (const auto* array = value["subproblems"].AsArray(); array != nullptr) {
    for (const JsonValue& item : *array) {
      if (item.AsObject() == nullptr) continue;
      const JsonValue& identifier = item["identifier"];
      problem.subproblems.push_back(
          {{TextOrEmpty(identifier["type"]), TextOrEmpty(identifier["value"])},
           TypeOf(item["type"]),
           TextOrEmpty(item["detail"])});
    }
  }
  return problem;
}

Result<Problem> ParseProblem(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseJsonObject(json));
  return *ProblemFrom(root);
}

Error ToError(const Problem& problem, int http_status,
              std::optional<std::chrono::seconds> retry_after) {
  const Meaning meaning = Judge(problem, http_status);
  Error error(meaning.reason, Explain(meaning.sentence, problem, http_status));
  if (retry_after) error = std::move(error).RetryAfter(*retry_after);
  return WithViolations(std::move(error), problem);
}

Error ToChallengeError(const Problem& problem) {
  // Boulder and Pebble say unauthorized when the host answered something else, or 404.
  const bool unauthorized = problem.type == "unauthorized";
  const Meaning* meaning = MeaningOf(unauthorized ? "incorrectResponse" : problem.type);
  if (meaning == nullptr) {
    return Error(Reason::kChallengeFailed,
                 Explain("the CA could not validate the name", problem, 0));
  }
  return WithViolations(Error(meaning->reason, Explain(meaning->sentence, problem, 0)), problem);
}

Error ToError(const HttpResponse& response, Time now) {
  const auto retry_after = RetryAfterSeconds(response, now);
  if (response.status >= 300 && response.status < 400) {
    return Error(
        Reason::kCaBadAnswer,
        fmt::format("the CA answered HTTP {}, a redirect to \"{}\"; it is not followed, because a "
                    "signed request holds for one URL (RFC 8555 §6.4); check the directory URL",
                    response.status, Printable(response.Header("location").value_or(""), 200)));
  }
  const auto problem = ProblemOf(response);
  if (!problem) return NotAProblem(response, retry_after);
  return ToError(*problem, response.status, retry_after);
}

bool IsBadNonce(const HttpResponse& response) {
  if (response.status < 400) return false;
  const auto problem = ProblemOf(response);
  return problem && problem->type == "badNonce";
}

bool HasMediaType(const HttpResponse& response, std::string_view type) {
  std::string_view value = response.Header("content-type").value_or("");
  value = value.substr(0, value.find(';'));
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(value, type, {}, lower, lower);
}

}  // namespace certbroker::acme
