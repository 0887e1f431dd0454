#include "service/policy/explanation.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/check.h"
#include "service/policy/wording.h"

namespace certbroker::policy {
namespace {

std::string WhyNotThisName(const Rule& rule, const Identifier& name) {
  for (const NameGrant& grant : rule.names) {
    if (std::string why = grant.WhyNot(name); !why.empty()) return why;
  }
  return {};
}

std::string LackedNames(const Rule& rule, const std::vector<Identifier>& names) {
  std::vector<std::string> lacked;
  std::string why;
  for (const Identifier& name : names) {
    if (rule.GrantsName(name)) continue;
    lacked.push_back(name.ToString());
    if (why.empty()) why = WhyNotThisName(rule, name);
  }
  std::string text = fmt::format("does not grant {}", Joined(lacked));
  if (!why.empty()) text += fmt::format(" ({})", why);
  return text;
}

std::vector<std::string> NamesOf(const std::vector<IssuerId>& issuers) {
  std::vector<std::string> names;
  for (const IssuerId& issuer : issuers) names.push_back(Quoted(issuer.ToString()));
  return names;
}

std::string LackedIssuer(const Rule& rule) {
  return fmt::format("grants the names from issuer {} only", Joined(NamesOf(rule.issuers)));
}

std::string LackedProfile(const Rule& rule) {
  std::vector<std::string> names;
  for (const std::string& profile : rule.profiles) names.push_back(ProfileName(profile));
  return fmt::format("grants the names with profile {} only", Joined(names));
}

std::string LackedKey(const Rule& rule) {
  std::vector<std::string> names;
  for (const pki::KeyType key : rule.keys) names.emplace_back(pki::ToString(key));
  return fmt::format("grants the names for keys of {} only", Joined(names));
}

std::string Granted(const Rule& rule, const Wish& wish) {
  return fmt::format("grants {} name{}, from issuer {}, with profile {}", wish.names.size(),
                     wish.names.size() == 1 ? "" : "s",
                     Quoted(wish.issuer.value_or(rule.issuers.front()).ToString()),
                     ProfileName(wish.profile.value_or(rule.profiles.front())));
}

// FindGrant for one rule says how far it goes.
Finding Look(const Rule& rule, const Wish& wish) {
  const auto grant = FindGrant({&rule}, wish);
  if (grant) return {rule.name, Outcome::kGrants, Granted(rule, wish)};
  const Reason reason = grant.error().reason();
  if (reason == Reason::kNameNotAuthorized) {
    return {rule.name, Outcome::kNotTheNames, LackedNames(rule, wish.names)};
  }
  if (reason == Reason::kIssuerNotAllowed) {
    return {rule.name, Outcome::kNotTheIssuer, LackedIssuer(rule)};
  }
  if (reason == Reason::kProfileNotAllowed) {
    return {rule.name, Outcome::kNotTheProfile, LackedProfile(rule)};
  }
  CERTBROKER_CHECK(reason == Reason::kKeyTypeNotAllowed);
  return {rule.name, Outcome::kNotTheKey, LackedKey(rule)};
}

}  // namespace

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kGrants:
      return "GRANTS";
    case Outcome::kNotTheNames:
      return "NOT_THE_NAMES";
    case Outcome::kNotTheIssuer:
      return "NOT_THE_ISSUER";
    case Outcome::kNotTheProfile:
      return "NOT_THE_PROFILE";
    case Outcome::kNotTheKey:
      return "NOT_THE_KEY";
  }
  CERTBROKER_CHECK(false);
}

Explanation Explain(const RuleList& own, std::size_t all, const Wish& wish) {
  Explanation explanation{.verdict = FindGrant(own, wish)};
  for (const Rule* rule : own) explanation.findings.push_back(Look(*rule, wish));
  explanation.names = wish.names;
  explanation.other_rules = all - own.size();
  return explanation;
}

}  // namespace certbroker::policy
