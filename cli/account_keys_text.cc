#include "cli/account_keys_text.h"

#include <fmt/format.h>

#include "cli/failure_text.h"
#include "cli/field_list.h"
#include "cli/when.h"
#include "client/table.h"
#include "core/bytes.h"
#include "core/error.h"
#include "keystore/key_uri.h"

namespace certbroker::cli {
namespace {

// Of the token's and of POSIX shells' plain characters; everything else is quoted.
std::string ShellWord(std::string_view text) {
  const std::string printable = Printable(text);
  const bool plain =
      !printable.empty() && printable.find_first_not_of(
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "/._-+:@%") == std::string::npos;
  if (plain) return printable;
  std::string quoted = "'";
  for (const char c : printable) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// What names the key in the token's own tools.
std::string HexIdOf(const v1::AccountKey& key) {
  const auto uri = keystore::KeyUri::Parse(key.key_uri());
  return uri ? Hex(uri->id()) : "";
}

std::string LabelOrUri(const v1::AccountKey& key) {
  return Printable(key.label().empty() ? key.key_uri() : key.label());
}

std::string DestroyCommand(const v1::AccountKey& key) {
  std::string command = "certbroker keystore destroy";
  command += " --key " + (key.label().empty() ? "LABEL" : ShellWord(key.label()));
  if (const std::string id = HexIdOf(key); !id.empty()) command += " --id " + id;
  return command;
}

v1::AccountKey PresentKey(const v1::Account& account) {
  v1::AccountKey key;
  key.set_key_uri(account.key_uri());
  key.set_algorithm(account.algorithm());
  key.set_thumbprint(account.thumbprint());
  key.set_label(account.key_label());
  return key;
}

std::string Destruction(const v1::Account& account, Time now) {
  std::string text;
  for (const v1::RetiredAccountKey& retired : account.retired_keys()) {
    text += fmt::format("\n{}, superfluous from {}:\n  {}\n", LabelOrUri(retired.key()),
                        When(retired.destroy_time(), now), DestroyCommand(retired.key()));
  }
  if (text.empty()) return text;
  return text +
         "\nwith the --module, --token and --pin-file that it was made with; "
         "`certbroker keystore list` says whether it is there still.\n";
}

}  // namespace

std::string AccountKeysText(const v1::Account& account, Time now) {
  client::Table table({"KEY", "LABEL", "ALGORITHM", "THUMBPRINT", "SINCE", "UNTIL"});
  const auto add = [&](const char* what, const v1::AccountKey& key, const std::string& since,
                       const std::string& until) {
    table.Add({what, LabelOrUri(key), key.algorithm(), key.thumbprint(), since, until});
  };
  add("live", PresentKey(account), When(account.key_since(), now), "");
  if (account.has_wanted_key()) add("wanted", account.wanted_key(), "", "");
  for (const v1::RetiredAccountKey& retired : account.retired_keys())
    add("retired", retired.key(), When(retired.since(), now), When(retired.retire_time(), now));
  std::string text = table.Text();
  if (account.has_error()) text += "\nLast failure: " + FailureText(account.error()) + "\n";
  return text + Destruction(account, now);
}

std::string RolloverText(const v1::RolloverAccountKeyResponse& rollover, bool asked_only) {
  const v1::Account& account = rollover.account();
  FieldList fields;
  fields.Add("Account", account.name());
  const auto add = [&fields](const std::string& which, const v1::AccountKey& key) {
    fields.Add(which + " key", LabelOrUri(key));
    fields.Add(which + " thumbprint", key.thumbprint());
  };
  add("Old", rollover.present_key());
  if (rollover.has_new_key()) add("New", rollover.new_key());
  const bool done = account.thumbprint() == rollover.new_key().thumbprint();
  fields.Add("State", asked_only ? "nothing was changed: this is what a roll-over would do"
                      : done     ? "done: the CA takes the new key only"
                                 : "on record; 'certbroker accounts keys' tells how it goes");
  std::string text = fields.Text();
  for (const std::string& warning : rollover.warnings()) text += "\n" + Printable(warning) + "\n";
  return text;
}

}  // namespace certbroker::cli
