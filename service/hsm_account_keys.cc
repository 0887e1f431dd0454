#include "service/hsm_account_keys.h"

#include <algorithm>
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

// "issuers/pebble/accounts/main" → "acme/pebble/main/v1": the label that `certbroker keystore
// provision` gives by convention.
Result<std::string> LabelOf(const AccountName& name) {
  const auto parts = PartsOf(name);
  if (!parts) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("\"{}\" is not of the form issuers/{{issuer}}/accounts/{{account}}",
                             Printable(name.ToString(), 120)));
  }
  return fmt::format("acme/{}/{}/v1", parts->issuer.ToString(), parts->account);
}

Result<std::string> ConventionalUri(const keystore::TokenSelector& token, const AccountName& name) {
  ASSIGN_OR_RETURN(const std::string label, LabelOf(name));
  const std::string serial = token.serial.empty() ? "" : ";serial=" + PercentEncoded(token.serial);
  return fmt::format("pkcs11:token={}{};object={};type=private", PercentEncoded(token.label),
                     serial, PercentEncoded(label));
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
  if (found != description.keys.end() && !found->uri.empty()) key.uri = found->uri;
  return key;
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
