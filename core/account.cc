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
    case AccountState::kDeactivated:
      return "DEACTIVATED";
  }
  CERTBROKER_CHECK(false);
}

std::optional<AccountState> AccountStateFromName(std::string_view name) {
  using enum AccountState;
  for (const auto state : {kPending, kValid, kFailed, kDeactivated}) {
    if (ToString(state) == name) return state;
  }
  return std::nullopt;
}

std::string_view ToString(AccountChange change) {
  switch (change) {
    case AccountChange::kNone:
      return "NONE";
    case AccountChange::kContacts:
      return "CONTACTS";
    case AccountChange::kDeactivation:
      return "DEACTIVATION";
    case AccountChange::kKey:
      return "KEY";
  }
  CERTBROKER_CHECK(false);
}

std::optional<AccountChange> AccountChangeFromName(std::string_view name) {
  using enum AccountChange;
  for (const auto change : {kNone, kContacts, kDeactivation, kKey}) {
    if (ToString(change) == name) return change;
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

Account WithKey(Account account, const AccountKey& key) {
  account.key_uri = key.uri;
  account.algorithm = key.algorithm;
  account.thumbprint = key.thumbprint;
  account.key_label = key.label;
  return account;
}

}  // namespace certbroker
