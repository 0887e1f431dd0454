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

bool HoldsPin(std::string_view key_uri) {
  std::string lower(key_uri);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower.find("pin-") != std::string::npos;
}

}  // namespace certbroker
