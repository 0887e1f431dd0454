// core/account.h: an ACME account: a key in the HSM that a CA knows as ours.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/https_url.h"
#include "core/ids.h"
#include "core/time.h"

namespace certbroker {

// kPending: the row names the key; the CA has not confirmed yet. kFailed: the CA refused; `failure`
// says why.
// kDeactivated: for ever (RFC 8555 §7.3.6).
enum class AccountState { kPending, kValid, kFailed, kDeactivated };
std::string_view ToString(AccountState state);  // PENDING, VALID, FAILED, DEACTIVATED
std::optional<AccountState> AccountStateFromName(std::string_view name);

// What an operator wants of an account that is kValid, until the CA has confirmed it.
// kKey: its key is to give way to another (RFC 8555 §7.3.5).
enum class AccountChange { kNone, kContacts, kDeactivation, kKey };
std::string_view ToString(AccountChange change);  // NONE, CONTACTS, DEACTIVATION, KEY
std::optional<AccountChange> AccountChangeFromName(std::string_view name);

// Whether a PKCS#11 URI has a pin-value or pin-source (RFC 7512 §2.4), in whatever spelling.
bool HoldsPin(std::string_view key_uri);

// A key in the HSM, as accounts name it.
struct AccountKey {
  std::string uri;         // canonical PKCS#11 URI (RFC 7512), without PIN
  std::string algorithm;   // "ES256"
  std::string thumbprint;  // RFC 7638, base64url
  std::string label = {};  // CKA_LABEL when it was chosen, for people; empty: not known

  friend bool operator==(const AccountKey&, const AccountKey&) = default;
};

// A key that was an account's, and that its CA does not take any more.
struct RetiredKey {
  AccountKey key;
  Time since;         // it was the account's from then
  Time retire_time;   // until then
  Time destroy_time;  // from when nobody needs it any more
};

struct Account {
  AccountName name;
  IssuerId issuer;
  std::string directory_url;  // of the CA at which the account lives; a changed configuration does
                              // not move it
  std::string key_uri;        // PKCS#11 URI (RFC 7512) without PIN
  std::string algorithm;      // "ES256"
  std::string
      thumbprint;  // RFC 7638, base64url; pins the key: another key under the same URI is refused
  std::vector<std::string> contacts;  // "mailto:…"
  bool terms_of_service_agreed = false;
  AccountState state = AccountState::kPending;
  AccountChange change = AccountChange::kNone;
  std::vector<std::string> wanted_contacts = {};  // with kContacts
  std::optional<AccountKey> wanted_key = {};      // exactly with kKey
  std::chrono::milliseconds change_age{0};        // how long `change` had been on record when read
  HttpsUrl account_url;                           // the CA's; the kid
  int failures = 0;
  std::optional<Error> failure;
  Time create_time;
  std::string key_label = {};                 // as AccountKey::label
  Time key_since = {};                        // since when the key is this one
  std::vector<RetiredKey> retired_keys = {};  // newest first
  Fence fence;

  AccountKey key() const { return {key_uri, algorithm, thumbprint, key_label}; }
};

// The account as it is with that key instead of its own: what a signature with the other one needs.
Account WithKey(Account account, const AccountKey& key);

}  // namespace certbroker
