#include "db/account_rows.h"

#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "db/error_columns.h"
#include "db/queries.h"

namespace certbroker::db {
namespace {

std::optional<AccountKey> WantedKey(const Row& row) {
  if (row.IsNull("wanted_thumbprint")) return std::nullopt;
  return AccountKey{.uri = row.Text("wanted_key_uri"),
                    .algorithm = row.Text("wanted_algorithm"),
                    .thumbprint = row.Text("wanted_thumbprint"),
                    .label = row.Text("wanted_key_label")};
}

Account AccountFrom(const Row& row) {
  return {.name = AccountName(row.Text("name")),
          .issuer = IssuerId(row.Text("issuer")),
          .directory_url = row.Text("directory_url"),
          .key_uri = row.Text("key_uri"),
          .algorithm = row.Text("algorithm"),
          .thumbprint = row.Text("thumbprint"),
          .contacts = row.Texts("contacts"),
          .terms_of_service_agreed = row.Bool("terms_of_service_agreed"),
          .state = row.Named("state", AccountStateFromName),
          .change = row.Named("change", AccountChangeFromName),
          .wanted_contacts = row.Texts("wanted_contacts"),
          .wanted_key = WantedKey(row),
          .change_age = std::chrono::milliseconds{row.Int64("change_age_ms")},
          .account_url = row.Url("account_url"),
          .failures = row.Int("failures"),
          .failure = ReadFailure(row),
          .create_time = row.At("create_time"),
          .key_label = row.Text("key_label"),
          .key_since = row.At("key_since"),
          .retired_keys = {},
          .fence = Fence{row.Int64("fence")}};
}

RetiredKey RetiredKeyFrom(const Row& row) {
  return {.key = {.uri = row.Text("key_uri"),
                  .algorithm = row.Text("algorithm"),
                  .thumbprint = row.Text("thumbprint"),
                  .label = row.Text("key_label")},
          .since = row.At("since"),
          .retire_time = row.At("retire_time"),
          .destroy_time = row.At("destroy_time")};
}

}  // namespace

Result<std::vector<Account>> ReadAccounts(Transaction& tx, const std::vector<AccountName>& names) {
  std::vector<Account> accounts;
  if (names.empty()) return accounts;
  const Param wanted = Param::Array({names.begin(), names.end()});
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadAccounts, {wanted}));
  ASSIGN_OR_RETURN(const Rows retired, tx.Exec(sql::kReadRetiredKeys, {wanted}));
  std::unordered_map<AccountName, Account> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Account account = AccountFrom(rows[i]);
    found.emplace(account.name, std::move(account));
  }
  for (std::size_t i = 0; i < retired.size(); ++i) {
    const auto account = found.find(AccountName(retired[i].Text("account")));
    if (account != found.end()) account->second.retired_keys.push_back(RetiredKeyFrom(retired[i]));
  }
  for (const AccountName& name : names) {
    const auto account = found.find(name);
    if (account != found.end()) accounts.push_back(std::move(account->second));
  }
  return accounts;
}

Result<Account> ReadAccount(Transaction& tx, const AccountName& name) {
  ASSIGN_OR_RETURN(auto accounts, ReadAccounts(tx, {name}));
  if (accounts.empty()) {
    return Error(Reason::kNotFound, fmt::format("there is no account {}", name.ToString()));
  }
  return std::move(accounts.front());
}

}  // namespace certbroker::db
