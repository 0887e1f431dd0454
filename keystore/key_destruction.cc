#include "keystore/key_destruction.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/proofs_only_ledger.h"
#include "keystore/token_connector.h"
#include "keystore/token_sync.h"
#include "keystore/writing_session.h"

namespace certbroker::keystore {
namespace {

std::vector<KeyEntry> WithId(const KeyIndex& index, const Bytes& id) {
  std::vector<KeyEntry> entries;
  for (const auto* list : {&index.keys(), &index.orphans()}) {
    for (const KeyEntry& entry : *list) {
      if (entry.id == id) entries.push_back(entry);
    }
  }
  return entries;
}

Result<KeyEntry> FindBoth(const KeyIndex& index, const DestroyOptions& options) {
  const std::vector<KeyEntry> entries = WithId(index, options.key_id);
  if (entries.empty()) {
    return Error(Reason::kHsmKeyMissing,
                 fmt::format("no key of the token has the CKA_ID {}; nothing was destroyed "
                             "(certbroker keystore list shows them)",
                             Hex(options.key_id)));
  }
  const KeyEntry& entry = entries.front();
  if (entries.size() > 1 || entry.ambiguous) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("several keys have the CKA_ID {}, and nobody can tell which is meant; "
                             "nothing was destroyed. Use the HSM's own tool",
                             Hex(options.key_id)));
  }
  if (entry.label != options.key_label) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("the key with the CKA_ID {} is labelled '{}', not '{}'; nothing was "
                             "destroyed",
                             Hex(options.key_id), Printable(entry.label, 255),
                             Printable(options.key_label, 255)));
  }
  return entry;
}

Result<void> DestroyObjects(const TokenConnection& connection, const KeyEntry& entry) {
  const WritingSession session(connection.functions(), connection.slot());
  if (session.rv() != CKR_OK) return CallFailed("C_OpenSession (to write)", session.rv());
  // The secret half first: what a kill in between leaves can sign nothing, and is found again.
  for (const CK_OBJECT_HANDLE object : {entry.private_key, entry.public_key}) {
    if (object == CK_INVALID_HANDLE) continue;
    const CK_RV rv = connection.functions().C_DestroyObject(session.handle(), object);
    if (rv != CKR_OK) return CallFailed("C_DestroyObject", rv);
  }
  return {};
}

Result<void> CheckGone(TokenConnection& connection, const Bytes& id) {
  RETURN_IF_ERROR(connection.Rescan());
  if (WithId(*connection.keys(), id).empty()) return {};
  return Error(Reason::kHsmKeyRefused,
               fmt::format("the token says that it destroyed the key {}, but still shows it; look "
                           "with the HSM's own tool",
                           Hex(id)));
}

}  // namespace

Result<DestroyReport> DestroyKey(const DestroyOptions& options) {
  if (options.key_label.empty() || options.key_id.empty()) {
    return Error(Reason::kConfigInvalid, "a key is destroyed by its label and its id, both");
  }
  ASSIGN_OR_RETURN(const auto module, Pkcs11Module::Load(options.module, options.init_args));
  ProofsOnlyLedger ledger;
  TokenConnector connector(*module, {{options.token_label, ""}, options.pin_file, 1}, ledger);
  ASSIGN_OR_RETURN(const auto connection, connector.Connect(Fault::kToken, 1));
  ASSIGN_OR_RETURN(const KeyEntry entry, FindBoth(*connection->keys(), options));
  DestroyReport report{connection->facts(), entry.private_key != CK_INVALID_HANDLE,
                       entry.public_key != CK_INVALID_HANDLE, false};
  if (!options.confirmed) return report;
  RETURN_IF_ERROR(DestroyObjects(*connection, entry));
  RETURN_IF_ERROR(CheckGone(*connection, entry.id));
  if (!options.token_sync_dir.empty()) {
    RETURN_IF_ERROR(SyncTokenDirectory(options.token_sync_dir));
  }
  report.destroyed = true;
  return report;
}

}  // namespace certbroker::keystore
