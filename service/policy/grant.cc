#include "service/policy/grant.h"

#include <algorithm>
#include <iterator>

#include "service/policy/denial.h"

namespace certbroker::policy {
namespace {

template <class Predicate>
RuleList Those(const RuleList& rules, Predicate fits) {
  RuleList those;
  std::ranges::copy_if(rules, std::back_inserter(those), [&](const Rule* r) { return fits(*r); });
  return those;
}

template <class T>
bool Holds(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

Result<Grant> FindGrant(const RuleList& own, const Wish& wish) {
  const RuleList named = Those(own, [&](const Rule& rule) {
    return std::ranges::all_of(wish.names, [&](const auto& n) { return rule.GrantsName(n); });
  });
  if (named.empty()) return NamesRefused(own, wish);
  const RuleList issuing = Those(named, [&](const Rule& r) {
    return (!wish.issuer || Holds(r.issuers, *wish.issuer)) &&
           std::ranges::all_of(wish.fallback_issuers,
                               [&](const auto& issuer) { return Holds(r.issuers, issuer); });
  });
  if (issuing.empty()) return IssuerRefused(named, wish);
  const RuleList profiled = Those(
      issuing, [&](const Rule& r) { return !wish.profile || Holds(r.profiles, *wish.profile); });
  if (profiled.empty()) return ProfileRefused(issuing, wish);
  const RuleList granting =
      Those(profiled, [&](const Rule& r) { return !wish.key || Holds(r.keys, *wish.key); });
  if (granting.empty()) return KeyRefused(profiled, wish);

  const Rule& rule = *granting.front();
  return Grant{&rule, wish.issuer.value_or(rule.issuers.front()),
               wish.profile.value_or(rule.profiles.front())};
}

}  // namespace certbroker::policy
