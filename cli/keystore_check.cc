#include "cli/keystore_check.h"

#include <utility>

#include "cli/keystore_json.h"
#include "cli/token_reading.h"

namespace certbroker::cli {

KeystoreCheck::KeystoreCheck(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command
      .add_option("--key", selection_.labels,
                  "Only the key with this label; may be repeated. Default: every key")
      ->allow_extra_args(false)
      ->type_name("LABEL");
  command.add_option("--id", selection_.ids, "The same by CKA_ID, in hex")
      ->allow_extra_args(false)
      ->type_name("HEX");
}

Result<int> KeystoreCheck::Run(client::OutputFormat output) {
  ASSIGN_OR_RETURN(auto token, ReadToken(token_));
  ASSIGN_OR_RETURN(const auto selected, SelectKeys(std::move(token), selection_));
  client::PrintOut(output == client::OutputFormat::kJson ? CheckJson(selected)
                                                         : CheckText(selected));
  return AllUsable(selected) ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
