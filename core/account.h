// core/account.h: an ACME account: a key in the HSM that a CA knows as ours.
#pragma once

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
enum class AccountChange { kNone, kContacts, kDeactivation };
std::string_view ToString(AccountChange change);  // NONE, CONTACTS, DEACTIVATION
std::optional<AccountChange> AccountChangeFromName(std::string_view name);

// Whether a PKCS#11 URI has a pin-value or pin-source (RFC 7512 §2.4), in whatever spelling.
bool HoldsPin(std::string_view key_uri);

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
  HttpsUrl account_url;                           // the CA's; the kid
  int failures = 0;
  std::optional<Error> failure;
  Time create_time;
  Fence fence;
};

}  // namespace certbroker
