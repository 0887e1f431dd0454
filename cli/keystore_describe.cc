#include "cli/keystore_describe.h"

#include <utility>

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/token_reading.h"

namespace certbroker::cli {

KeystoreDescribe::KeystoreDescribe(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  CLI::Option_group* const which = command.add_option_group("Which key");
  which->add_option("--key", label_, "The key's label")->type_name("LABEL");
  which->add_option("--id", id_, "The key's CKA_ID, in hex")->type_name("HEX");
  which->require_option(1, 2);
}

Result<int> KeystoreDescribe::Run(client::OutputFormat output) {
  ASSIGN_OR_RETURN(auto token, ReadToken(token_));
  KeySelection selection;
  if (!label_.empty()) selection.labels.push_back(label_);
  if (!id_.empty()) selection.ids.push_back(id_);
  ASSIGN_OR_RETURN(const auto selected, SelectOneKey(std::move(token), selection));
  client::PrintOut(output == client::OutputFormat::kJson ? CheckJson(selected)
                                                         : DescribeText(selected));
  return AllUsable(selected) ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
