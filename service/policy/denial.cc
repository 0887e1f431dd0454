#include "service/policy/denial.h"

#include <algorithm>

#include <fmt/format.h>

#include "service/policy/wording.h"

namespace certbroker::policy {
namespace {

// The rule that grants most of the names, the first of equals.
const Rule& Closest(const RuleList& rules, const std::vector<Identifier>& names) {
  const auto granted = [&](const Rule* rule) {
    return std::ranges::count_if(names, [&](const auto& n) { return rule->GrantsName(n); });
  };
  return **std::ranges::max_element(rules, {}, granted);
}

// Why none of the rules grants a name.
std::string WhyNone(const RuleList& rules, const Identifier& name) {
  for (const Rule* rule : rules) {
    for (const NameGrant& grant : rule->names) {
      if (const std::string why = grant.WhyNot(name); !why.empty()) {
        return fmt::format("in rule {}, {}", Quoted(rule->name), why);
      }
    }
  }
  return "no rule for this agent grants it";
}

// Every name is granted, but by different rules.
Error Scattered(const RuleList& own, const Wish& wish) {
  const Rule& closest = Closest(own, wish.names);
  std::vector<std::string> missing;
  std::vector<Violation> violations;
  for (const Identifier& name : wish.names) {
    if (closest.GrantsName(name)) continue;
    const auto other =
        std::ranges::find_if(own, [&](const Rule* r) { return r->GrantsName(name); });
    missing.push_back(name.ToString());
    violations.push_back({name.ToString(), Reason::kNameNotAuthorized,
                          fmt::format("granted by rule {}, not by rule {}", Quoted((*other)->name),
                                      Quoted(closest.name))});
  }
  Error error(Reason::kNameNotAuthorized,
              fmt::format("no single rule grants {} all {} names; rule {} comes closest and lacks "
                          "{}. Ask for one certificate per rule, or have an operator add the "
                          "missing names to that rule",
                          Quoted(wish.agent.ToString()), wish.names.size(), Quoted(closest.name),
                          Joined(missing)));
  for (Violation& violation : violations) error = std::move(error).With(std::move(violation));
  return error;
}

// "none of the rules that grant these names allows the issuer "x"; rule "a" allows b, c. …".
template <class Allowed>
Error FieldRefused(Reason reason, std::string_view field, std::string_view what, std::string value,
                   const RuleList& rules, Allowed allowed) {
  std::vector<std::string> offers;
  for (const Rule* rule : rules) {
    offers.push_back(fmt::format("rule {} allows {}", Quoted(rule->name), Joined(allowed(*rule))));
  }
  std::string detail = fmt::format(
      "the {} {} is not allowed for these names: {}. Ask for one of those, or have an operator add "
      "it to the rule",
      what, value, Joined(offers));
  return Error(reason, detail)
      .With({std::string(field), reason, fmt::format("{} is not allowed", value)});
}

}  // namespace

Error NamesRefused(const RuleList& own, const Wish& wish) {
  std::vector<std::string> refused;
  std::vector<Violation> violations;
  for (const Identifier& name : wish.names) {
    if (std::ranges::any_of(own, [&](const Rule* rule) { return rule->GrantsName(name); }))
      continue;
    refused.push_back(name.ToString());
    violations.push_back({name.ToString(), Reason::kNameNotAuthorized,
                          own.empty() ? "no rule names this agent" : WhyNone(own, name)});
  }
  if (violations.empty()) return Scattered(own, wish);

  const std::string agent = Quoted(wish.agent.ToString());
  std::string detail;
  if (own.empty()) {
    detail = fmt::format(
        "no rule names the agent {}, so it may have no certificate; an operator "
        "has to add it to the agents of a rule",
        agent);
  } else {
    detail = fmt::format(
        "{} of {} names are not granted to {}: {} ({}). An operator has to add them "
        "to the names of a rule for this agent; rule {} comes closest",
        refused.size(), wish.names.size(), agent, Joined(refused), violations.front().description,
        Quoted(Closest(own, wish.names).name));
  }
  Error error(Reason::kNameNotAuthorized, std::move(detail));
  for (Violation& violation : violations) error = std::move(error).With(std::move(violation));
  return error;
}

Error IssuerRefused(const RuleList& rules, const Wish& wish) {
  std::string wished = Quoted(wish.issuer->ToString());
  for (const IssuerId& fallback : wish.fallback_issuers)
    wished += " or " + Quoted(fallback.ToString());
  return FieldRefused(Reason::kIssuerNotAllowed, "issuer", "issuer", wished, rules,
                      [](const Rule& rule) {
                        std::vector<std::string> names;
                        for (const IssuerId& id : rule.issuers)
                          names.push_back(Quoted(id.ToString()));
                        return names;
                      });
}

Error ProfileRefused(const RuleList& rules, const Wish& wish) {
  return FieldRefused(Reason::kProfileNotAllowed, "profile", "profile", ProfileName(*wish.profile),
                      rules, [](const Rule& rule) {
                        std::vector<std::string> names;
                        for (const std::string& p : rule.profiles) names.push_back(ProfileName(p));
                        return names;
                      });
}

Error KeyRefused(const RuleList& rules, const Wish& wish) {
  return FieldRefused(Reason::kKeyTypeNotAllowed, "csr_der", "key type",
                      std::string(pki::ToString(*wish.key)), rules, [](const Rule& rule) {
                        std::vector<std::string> names;
                        for (const pki::KeyType key : rule.keys)
                          names.emplace_back(pki::ToString(key));
                        return names;
                      });
}

}  // namespace certbroker::policy
