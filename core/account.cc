#include "core/account.h"

#include "core/check.h"

namespace certbroker {

std::string_view ToString(AccountState state) {
  switch (state) {
    case AccountState::kPending:
      return "PENDING";
    case AccountState::kValid:
      return "VALID";
    case AccountState::kFailed:
      return "FAILED";
  }
  CERTBROKER_CHECK(false);
}

std::optional<AccountState> AccountStateFromName(std::string_view name) {
  for (const auto state : {AccountState::kPending, AccountState::kValid, AccountState::kFailed}) {
    if (ToString(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace certbroker
