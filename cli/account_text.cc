#include "cli/account_text.h"

#include "cli/failure_text.h"
#include "cli/field_list.h"
#include "cli/when.h"
#include "client/table.h"

namespace certbroker::cli {
namespace {

std::string AccountStateText(const v1::Account& account) {
  return v1::Account::State_Name(account.state());
}

std::string Contacts(const v1::Account& account) {
  std::string text;
  for (const std::string& contact : account.contacts()) {
    text += (text.empty() ? "" : ", ") + contact;
  }
  return text;
}

}  // namespace

std::string AccountsText(const v1::ListAccountsResponse& list, Time now) {
  if (list.accounts().empty()) {
    return "No accounts. 'certbroker accounts create --issuer ISSUER' makes one.\n";
  }
  client::Table table({"ACCOUNT", "STATE", "KEY", "CREATED", "NOTE"});
  for (const v1::Account& account : list.accounts()) {
    table.Add({account.name(), AccountStateText(account), account.key_uri(),
               When(account.create_time(), now),
               account.has_error() ? FailureText(account.error()) : ""});
  }
  return table.Text();
}

std::string AccountText(const v1::Account& account, Time now) {
  FieldList fields;
  fields.Add("Account", account.name());
  fields.Add("State", AccountStateText(account));
  if (account.pending_change() != v1::Account::CHANGE_UNSPECIFIED)
    fields.Add("To be changed", v1::Account::Change_Name(account.pending_change()));
  fields.Add("At the CA", account.account_url());
  fields.Add("Contacts", Contacts(account));
  fields.Add("Key", account.key_uri());
  fields.Add("Algorithm", account.algorithm());
  fields.Add("Thumbprint", account.thumbprint());
  if (account.has_key_since()) fields.Add("Key since", When(account.key_since(), now));
  if (account.has_wanted_key()) fields.Add("Wanted thumbprint", account.wanted_key().thumbprint());
  fields.Add("Created", When(account.create_time(), now));
  if (account.has_error()) fields.Add("Error", FailureText(account.error()));
  return fields.Text();
}

}  // namespace certbroker::cli
