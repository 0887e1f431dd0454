#include "cli/keystore_destroy.h"

#include <fmt/format.h>

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"

namespace certbroker::cli {

KeystoreDestroy::KeystoreDestroy(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command.add_option("--key", options_.key_label, "The key's label")
      ->type_name("LABEL")
      ->required();
  command.add_option("--id", id_, "The key's CKA_ID, in hex; both must name the same key")
      ->type_name("HEX")
      ->required();
  command.add_flag("--yes", options_.confirmed, "Really: nothing brings the key back");
  command.add_option("--sync-dir", options_.token_sync_dir,
                     "SoftHSM2's token directory, to be made safe against power loss");
}

Result<int> KeystoreDestroy::Run(client::OutputFormat output) {
  const auto id = FromHex(id_);
  if (!id || id->empty()) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("--id {} is not hex, as `certbroker keystore list` shows it",
                             Printable(id_, 80)));
  }
  options_.module = token_.module;
  options_.init_args = token_.init_args;
  options_.token_label = token_.token_label;
  options_.pin_file = token_.pin_file;
  options_.key_id = *id;
  ASSIGN_OR_RETURN(const auto report, keystore::DestroyKey(options_));
  client::PrintOut(output == client::OutputFormat::kJson ? DestroyJson(options_, report)
                                                         : DestroyText(options_, report));
  return report.destroyed ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
