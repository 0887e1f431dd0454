#include "cli/keystore_init.h"

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/silent_log.h"

namespace certbroker::cli {

KeystoreInit::KeystoreInit(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command.add_option("--so-pin-file", so_pin_file_, "PIN that the security officer is to have")
      ->required();
  command.add_option("--sync-dir", sync_dir_,
                     "SoftHSM2's token directory, to be made safe against power loss");
}

Result<int> KeystoreInit::Run(client::OutputFormat output) {
  SilentLog log;
  keystore::ProvisionOptions options;
  options.module = token_.module;
  options.init_args = token_.init_args;
  options.token_label = token_.token_label;
  options.pin_file = token_.pin_file;
  options.so_pin_file = so_pin_file_;
  options.token_sync_dir = sync_dir_;
  ASSIGN_OR_RETURN(const auto report, keystore::Provision(options, log));
  client::PrintOut(output == client::OutputFormat::kJson ? ProvisionJson(report)
                                                         : ProvisionText(report));
  return client::kExitDone;
}

}  // namespace certbroker::cli
