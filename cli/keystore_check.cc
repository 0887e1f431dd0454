#include "cli/keystore_check.h"

#include <utility>

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/token_reading.h"

namespace certbroker::cli {

KeystoreCheck::KeystoreCheck(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command
      .add_option("--key", labels_,
                  "Only the key with this label; may be repeated. Default: every key")
      ->allow_extra_args(false)
      ->type_name("LABEL");
}

Result<int> KeystoreCheck::Run(client::OutputFormat output) {
  ASSIGN_OR_RETURN(auto token, ReadToken(token_));
  ASSIGN_OR_RETURN(const auto selected, SelectKeys(std::move(token), labels_));
  client::PrintOut(output == client::OutputFormat::kJson ? CheckJson(selected)
                                                         : CheckText(selected));
  return AllUsable(selected) ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
