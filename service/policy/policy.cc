#include "service/policy/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "pki/csr.h"
#include "pki/requested_name.h"
#include "service/config/text_file.h"
#include "service/policy/grant.h"
#include "service/policy/policy_file.h"

namespace certbroker::policy {
namespace {

// All names, or all that is wrong with them.
Result<std::vector<Identifier>> ParseNames(const std::vector<std::string>& texts) {
  if (texts.empty() || texts.size() > Policy::kMaxNames) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("a request names 1 to {} DNS names, this one {}", Policy::kMaxNames,
                             texts.size()));
  }
  std::vector<Identifier> names;
  std::vector<Error> errors;
  for (const std::string& text : texts) {
    auto name = pki::ParseRequestedName(text);
    if (name) {
      names.push_back(*std::move(name));
    } else {
      errors.push_back(std::move(name).error());
    }
  }
  if (errors.empty()) return SortedUnique(std::move(names));

  std::string detail = errors.front().detail();
  if (errors.size() > 1) detail += fmt::format(" (and {} more names)", errors.size() - 1);
  Error error(Reason::kNameInvalid, std::move(detail));
  for (const Error& one : errors) {
    for (const Violation& violation : one.violations()) error = std::move(error).With(violation);
  }
  return error;
}

// A CSR for exactly these names.
Result<pki::Csr> ParseCsr(ByteView der, const std::vector<Identifier>& names) {
  ASSIGN_OR_RETURN(pki::Csr csr, pki::Csr::Parse(der));
  RETURN_IF_ERROR(pki::CheckNamesMatch(csr, names));
  return csr;
}

Result<void> ReadFallbacks(const std::vector<std::string>& fallback_issuers, Wish& wish) {
  if (fallback_issuers.empty()) return {};
  const auto refuse = [](std::string why) {
    return Error(Reason::kInvalidArgument, why)
        .With({"fallback_issuers", Reason::kInvalidArgument, why});
  };
  if (!wish.issuer) return refuse("fallback issuers go with an issuer that is tried before them");
  std::vector<IssuerId> tried = {*wish.issuer};
  for (const std::string& text : fallback_issuers) {
    const IssuerId issuer(text);
    if (std::ranges::find(tried, issuer) != tried.end())
      return refuse(fmt::format("issuer \"{}\" is named twice", Printable(text, 60)));
    tried.push_back(issuer);
    wish.fallback_issuers.push_back(issuer);
  }
  return {};
}

// Of an IssuanceRequest or a Question.
template <class Asked>
Result<Wish> MakeWish(const Asked& asked, std::vector<Identifier> names,
                      std::optional<pki::KeyType> key) {
  Wish wish{asked.agent, std::move(names), {}, {}, key};
  if (!asked.issuer.empty()) wish.issuer = IssuerId(asked.issuer);
  if (!asked.profile.empty()) wish.profile = asked.profile;
  RETURN_IF_ERROR(ReadFallbacks(asked.fallback_issuers, wish));
  return wish;
}

}  // namespace

Result<Policy> Policy::Parse(std::string_view toml, const std::string& file_name,
                             const std::vector<IssuerId>* configured) {
  ASSIGN_OR_RETURN(PolicyFile file, ParsePolicyFile(toml, file_name, configured));
  return Policy(std::move(file.version), RuleBook(std::move(file.rules)));
}

Result<Policy> Policy::Load(const std::string& path, const std::vector<IssuerId>* configured) {
  ASSIGN_OR_RETURN(const std::string text, config::ReadTextFile(path));
  return Parse(text, path, configured);
}

Result<Approval> Policy::Evaluate(const IssuanceRequest& request) const {
  ASSIGN_OR_RETURN(std::vector<Identifier> names, ParseNames(request.names));
  ASSIGN_OR_RETURN(const pki::Csr csr, ParseCsr(request.csr_der, names));
  ASSIGN_OR_RETURN(Wish wish, MakeWish(request, std::move(names), csr.key_type()));

  auto grant = FindGrant(rules_.RulesFor(wish.agent), wish);
  if (!grant) return std::move(grant).error().While(fmt::format("policy {}", version_));
  return Approval({.agent = request.agent,
                   .issuer = std::move(grant->issuer),
                   .fallback_issuers = std::move(wish.fallback_issuers),
                   .profile = std::move(grant->profile),
                   .names = std::move(wish.names),
                   .csr_der = request.csr_der,
                   .spki_sha256 = csr.spki_sha256(),
                   .policy_version = version_,
                   .rule = grant->rule->name});
}

Result<Explanation> Policy::Explain(const Question& question) const {
  ASSIGN_OR_RETURN(std::vector<Identifier> names, ParseNames(question.names));
  std::optional<pki::KeyType> key;
  if (!question.key_type.empty()) {
    key = pki::KeyTypeFromName(question.key_type);
    constexpr std::string_view kWhy = "is none of ec-p256, ec-p384, rsa-2048, rsa-3072, rsa-4096";
    if (!key) {
      return Error(Reason::kInvalidArgument, fmt::format("key_type: {}", kWhy))
          .With({"key_type", Reason::kInvalidArgument, std::string(kWhy)});
    }
  }
  ASSIGN_OR_RETURN(const Wish wish, MakeWish(question, std::move(names), key));
  Explanation explanation =
      policy::Explain(rules_.RulesFor(wish.agent), rules_.rules().size(), wish);
  explanation.policy_version = version_;
  return explanation;
}

Result<void> Policy::Recheck(const Order& order) const {
  ASSIGN_OR_RETURN(const pki::Csr csr, ParseCsr(order.csr_der, order.names));
  // The profile as it is, even if empty: "the CA's default" was granted, not "whatever is first".
  const Wish wish{order.agent, order.names, order.issuer, order.profile, csr.key_type()};
  auto grant = FindGrant(rules_.RulesFor(order.agent), wish);
  if (!grant) {
    return std::move(grant).error().While(fmt::format("policy {}, asked again", version_));
  }
  return {};
}

}  // namespace certbroker::policy
