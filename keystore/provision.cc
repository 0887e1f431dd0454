#include "keystore/provision.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "keystore/key_generation.h"
#include "keystore/proofs_only_ledger.h"
#include "keystore/spare_labels.h"
#include "keystore/token_connector.h"
#include "keystore/token_creation.h"
#include "keystore/token_sync.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kMaxNewTokenLabel = 32;
constexpr std::size_t kMaxKeyLabel = 64;

Result<void> CheckLabel(std::string_view what, const std::string& label, std::size_t limit) {
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!label.empty() && label.size() <= limit && std::ranges::all_of(label, visible)) return {};
  return Error(Reason::kConfigInvalid,
               fmt::format("the label '{}' of a {} must be 1 to {} visible ASCII characters",
                           Printable(label, 80), what, limit));
}

Result<void> CheckKeyLabels(const std::vector<std::string>& labels) {
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    RETURN_IF_ERROR(CheckLabel("key", *label, kMaxKeyLabel));
    if (std::find(labels.begin(), label, *label) != label) {
      return Error(Reason::kConfigInvalid, fmt::format("the key '{}' is asked for twice", *label));
    }
  }
  return {};
}

Error LabelTaken(const std::string& label, std::string_view by) {
  return {Reason::kHsmKeyRefused,
          fmt::format("the label '{}' is taken by {}; nothing was generated. Remove what is not in "
                      "use (pkcs11-tool --delete-object) or choose another label",
                      label, by)};
}

// The key of that label, if the token has exactly one and nothing else under it.
Result<std::optional<KeyEntry>> FindLabel(const KeyIndex& index, const std::string& label) {
  const auto same = [&label](const KeyEntry& key) { return key.label == label; };
  const auto count = std::ranges::count_if(index.keys(), same);
  if (count > 1) return LabelTaken(label, fmt::format("{} keys", count));
  if (std::ranges::any_of(index.orphans(), same)) {
    return LabelTaken(label, "a public key without its private half");
  }
  const auto key = std::ranges::find_if(index.keys(), same);
  return key == index.keys().end() ? std::optional<KeyEntry>() : std::optional(*key);
}

Result<ExaminedKey> ExamineExisting(TokenConnection& connection, const KeyEntry& entry,
                                    std::optional<KeyKind> wanted) {
  // Nobody else uses this connection, so there is nothing to wait for.
  auto [rv, session] = connection.sessions().Acquire(SteadyTime::min());
  if (rv != CKR_OK) return CallFailed("C_OpenSession", rv);
  ASSIGN_OR_RETURN(ExaminedKey key, Examine(connection.functions(), session->handle(), entry,
                                            connection.ProofsUntil(SteadyTime::max())));
  if (key.refusal) {
    return std::move(*std::move(key.refusal)).While(fmt::format("the key '{}'", entry.label));
  }
  if (wanted && *wanted != key.public_key->kind()) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("the key '{}' exists and is one for {}, not for {}; choose another "
                             "label for the new one",
                             entry.label, ToString(key.public_key->kind()), ToString(*wanted)));
  }
  return key;
}

Result<ProvisionedKey> EnsureKey(TokenConnection& connection, Pkcs11Module& module,
                                 const std::string& label, std::optional<KeyKind> kind) {
  ASSIGN_OR_RETURN(const std::optional<KeyEntry> entry, FindLabel(*connection.keys(), label));
  // Private keys are invisible where the login got lost: absence counts only if it did not.
  if (connection.Probe() != Fault::kNone) {
    return Error(Reason::kHsmUnavailable, "the token went away; nothing was generated");
  }
  ASSIGN_OR_RETURN(const ExaminedKey key,
                   entry ? ExamineExisting(connection, *entry, kind)
                         : GenerateKey(connection, module, label, kind.value_or(KeyKind::kEcP256)));
  return ProvisionedKey{Describe(key, connection.facts().label), !entry.has_value()};
}

// Also when nothing was made: the run before may have died just before this.
Result<void> MakeDurable(const ProvisionOptions& options) {
  return options.token_sync_dir.empty() ? Result<void>()
                                        : SyncTokenDirectory(options.token_sync_dir);
}

void Tell(Log& log, const ProvisionedKey& key) {
  log.Info(key.created ? "keystore.key_created" : "keystore.key_found",
           {{"uri", key.key.uri}, {"label", key.key.label}, {"thumbprint", key.key.thumbprint}});
}

}  // namespace

Result<ProvisionReport> Provision(const ProvisionOptions& options, Log& log) {
  RETURN_IF_ERROR(CheckLabel("token", options.token_label, kMaxNewTokenLabel));
  ASSIGN_OR_RETURN(const auto labels, WithSpares(options.key_labels, options.spares));
  RETURN_IF_ERROR(CheckKeyLabels(labels));
  ASSIGN_OR_RETURN(const auto module, Pkcs11Module::Load(options.module, options.init_args));
  RETURN_IF_ERROR(module->Initialize());
  ProvisionReport report;
  ASSIGN_OR_RETURN(
      report.token_created,
      EnsureToken(*module, {options.token_label, options.pin_file, options.so_pin_file}));

  ProofsOnlyLedger ledger;
  TokenConnector connector(*module, {{options.token_label, ""}, options.pin_file, 1}, ledger);
  ASSIGN_OR_RETURN(const auto connection, connector.Connect(Fault::kToken, 1));
  report.token = connection->facts();
  if (report.token_created) {
    log.Info("keystore.token_created",
             {{"token", report.token.label}, {"serial", report.token.serial}});
  }
  RETURN_IF_ERROR(MakeDurable(options));
  for (const std::string& label : labels) {
    ASSIGN_OR_RETURN(ProvisionedKey key, EnsureKey(*connection, *module, label, options.key_kind));
    RETURN_IF_ERROR(MakeDurable(options));
    Tell(log, key);
    report.keys.push_back(std::move(key));
  }
  return report;
}

}  // namespace certbroker::keystore
