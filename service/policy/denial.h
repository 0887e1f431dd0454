// service/policy/denial.h: how policy says no, so that whoever asked knows what to change.
//
// Only rules that name the asking agent come in here; that is what keeps others' out of the answer.
#pragma once

#include "core/error.h"
#include "service/policy/grant.h"
#include "service/policy/rule_book.h"

namespace certbroker::policy {

// No rule of `own` grants all names; one violation per name that stands in the way. `own` may be
// empty: the policy does not know the agent.
Error NamesRefused(const RuleList& own, const Wish& wish);
// Every rule of `rules` grants the names, none the wish's issuer (profile, key).
Error IssuerRefused(const RuleList& rules, const Wish& wish);
Error ProfileRefused(const RuleList& rules, const Wish& wish);
Error KeyRefused(const RuleList& rules, const Wish& wish);

}  // namespace certbroker::policy
