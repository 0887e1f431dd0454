#include "service/hsm_account_keys.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "acme/key_authorization.h"
#include "core/account_name.h"
#include "keystore/key_uri.h"

namespace certbroker {
namespace {

// RFC 7512 §2.3: every octet that is not certainly plain is percent-encoded.
std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// "issuers/pebble/accounts/main" → "acme/pebble/main/v": with a generation behind it, 1 for the
// first, the label that `certbroker keystore provision` gives by convention.
Result<std::string> LabelsOf(const AccountName& name) {
  const auto parts = PartsOf(name);
  if (!parts) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("\"{}\" is not of the form issuers/{{issuer}}/accounts/{{account}}",
                             Printable(name.ToString(), 120)));
  }
  return fmt::format("acme/{}/{}/v", parts->issuer.ToString(), parts->account);
}

Result<std::string> ConventionalUri(const keystore::TokenSelector& token, const AccountName& name) {
  ASSIGN_OR_RETURN(const std::string labels, LabelsOf(name));
  const std::string serial = token.serial.empty() ? "" : ";serial=" + PercentEncoded(token.serial);
  return fmt::format("pkcs11:token={}{};object={};type=private", PercentEncoded(token.label),
                     serial, PercentEncoded(labels + "1"));
}

// The N of "…/vN"; nothing: another label, or one that is not written so.
std::optional<int> GenerationIn(std::string_view label, std::string_view labels) {
  if (!label.starts_with(labels)) return std::nullopt;
  const std::string_view digits = label.substr(labels.size());
  int generation = 0;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  const bool whole = code == std::errc() && end == digits.data() + digits.size();
  if (!whole || generation < 1 || digits.front() == '0') return std::nullopt;
  return generation;
}

using KeyList = std::vector<keystore::KeyDescription>;

const keystore::KeyDescription* FindKey(const KeyList& keys, const std::string& thumbprint) {
  const auto found = std::ranges::find(keys, thumbprint, &keystore::KeyDescription::thumbprint);
  return found == keys.end() ? nullptr : &*found;
}

bool WasOnce(const Account& account, const std::string& thumbprint) {
  return thumbprint == account.thumbprint ||
         std::ranges::any_of(account.retired_keys, [&](const RetiredKey& retired) {
           return retired.key.thumbprint == thumbprint;
         });
}

// The generation after the present key's that is the first in the token, and was never in use.
// Whether it may be used is another question: a refused one is not passed over in silence.
const keystore::KeyDescription* NextSpare(const KeyList& keys, const Account& account,
                                          std::string_view labels, int present) {
  const keystore::KeyDescription* next = nullptr;
  int best = 0;
  for (const keystore::KeyDescription& key : keys) {
    const auto generation = GenerationIn(key.label, labels);
    if (!generation || *generation <= present || WasOnce(account, key.thumbprint)) continue;
    if (next != nullptr && *generation >= best) continue;
    next = &key;
    best = *generation;
  }
  return next;
}

Error NoSpare(const Account& account, const std::string& labels, int present) {
  return {Reason::kHsmKeyMissing,
          fmt::format("the token has no spare key for {}: none is labelled {}{}. Make some with "
                      "`certbroker keystore provision --key {}{} --spares 1` and the options that "
                      "the account's first key was made with; or name a key with --key-uri",
                      account.name.ToString(), labels, present + 1, labels, std::max(present, 1))};
}

AccountKey KeyOf(const keystore::KeyDescription& description) {
  return {description.uri, description.algorithm, description.thumbprint, description.label};
}

}  // namespace

HsmAccountKeys::HsmAccountKeys(std::vector<NamedToken> tokens,
                               const std::vector<config::IssuerConfig>& issuers)
    : tokens_(std::move(tokens)) {
  for (const config::IssuerConfig& issuer : issuers) {
    auto& origins = origins_[issuer.name];
    origins.push_back(issuer.directory.origin());
    for (const std::string& extra : issuer.extra_origins) {
      if (const auto url = HttpsUrl::Parse(extra)) origins.push_back(url->origin());
    }
  }
}

Result<AccountKey> HsmAccountKeys::Find(const std::string& uri, const AccountName& name) {
  if (uri.empty()) return FindNamed(name);
  ASSIGN_OR_RETURN(const auto key_uri, keystore::KeyUri::Parse(uri));
  ASSIGN_OR_RETURN(const NamedToken* token, ChooseToken(tokens_, key_uri));
  return FindIn(*token, key_uri);
}

// In whichever token has it. One that cannot be asked may be that one.
Result<AccountKey> HsmAccountKeys::FindNamed(const AccountName& name) {
  std::optional<AccountKey> found;
  std::optional<Error> missing;
  for (const NamedToken& token : tokens_) {
    ASSIGN_OR_RETURN(const std::string asked, ConventionalUri(token.selector, name));
    ASSIGN_OR_RETURN(const auto uri, keystore::KeyUri::Parse(asked));
    auto key = FindIn(token, uri);
    if (!key) {
      if (key.error().reason() != Reason::kHsmKeyMissing) return key;
      if (!missing) missing = key.error();
      continue;
    }
    if (found) {
      return Error(Reason::kHsmKeyRefused,
                   fmt::format("{} and {} both name the key of {}; say which with its URI",
                               found->uri, key->uri, name.ToString()));
    }
    found = *std::move(key);
  }
  if (found) return *std::move(found);
  return *std::move(missing);
}

Result<AccountKey> HsmAccountKeys::FindIn(const NamedToken& token, const keystore::KeyUri& uri) {
  // No origins: this signer is for looking at its key, it signs nothing.
  ASSIGN_OR_RETURN(const auto signer, token.keystore->SignerFor(uri, {}));
  AccountKey key{uri.ToString(), signer->public_key().algorithm,
                 acme::Thumbprint(signer->public_key())};
  // A label may be given to another key later; the id that the token made is this key's alone.
  ASSIGN_OR_RETURN(const auto description, token.keystore->Describe());
  const auto found =
      std::ranges::find(description.keys, key.thumbprint, &keystore::KeyDescription::thumbprint);
  if (found == description.keys.end()) return key;
  if (!found->uri.empty()) key.uri = found->uri;
  key.label = found->label;
  return key;
}

Result<RolloverKeys> HsmAccountKeys::FindNext(const Account& account, const std::string& uri) {
  // A spare is looked for where the present key is: the account stays in its token unless told.
  ASSIGN_OR_RETURN(const auto present_uri, keystore::KeyUri::Parse(account.key_uri));
  ASSIGN_OR_RETURN(const NamedToken* token, ChooseToken(tokens_, present_uri));
  ASSIGN_OR_RETURN(const auto description, token->keystore->Describe());
  RolloverKeys keys{account.key(), {}};
  const auto* present = FindKey(description.keys, account.thumbprint);
  if (present != nullptr) keys.present.label = present->label;
  if (!uri.empty()) {
    ASSIGN_OR_RETURN(keys.next, Find(uri, account.name));
    return keys;
  }
  ASSIGN_OR_RETURN(const std::string labels, LabelsOf(account.name));
  const int generation = GenerationIn(keys.present.label, labels).value_or(0);
  const auto* next = NextSpare(description.keys, account, labels, generation);
  if (next == nullptr) return NoSpare(account, labels, generation);
  if (next->refusal) {
    return Error(*next->refusal).While(fmt::format("the spare key {}", next->label));
  }
  keys.next = KeyOf(*next);
  return keys;
}

Result<std::shared_ptr<Signer>> HsmAccountKeys::SignerFor(const Account& account) {
  const auto origins = origins_.find(account.issuer);
  if (origins == origins_.end()) {
    return Error(Reason::kAccountNotReady,
                 fmt::format("the issuer \"{}\" of {} is not in the configuration",
                             account.issuer.ToString(), account.name.ToString()));
  }
  ASSIGN_OR_RETURN(const auto uri, keystore::KeyUri::Parse(account.key_uri));
  ASSIGN_OR_RETURN(const NamedToken* token, ChooseToken(tokens_, uri));
  ASSIGN_OR_RETURN(auto signer,
                   token->keystore->SignerFor(uri, {origins->second, account.thumbprint}));
  return std::shared_ptr<Signer>(std::move(signer));
}

}  // namespace certbroker
