#include "cli/keystore_list.h"

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/token_reading.h"

namespace certbroker::cli {

Result<int> KeystoreList::Run(client::OutputFormat output) {
  ASSIGN_OR_RETURN(const auto token, ReadToken(token_));
  client::PrintOut(output == client::OutputFormat::kJson ? CheckJson(token) : ListText(token));
  return client::kExitDone;
}

}  // namespace certbroker::cli
