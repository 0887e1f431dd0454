#include "cli/keystore_provision.h"

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/silent_log.h"
#include "keystore/spare_labels.h"

namespace certbroker::cli {
namespace {

using client::OutputFormat;

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const keystore::KeyKind kind : keystore::kAllKeyKinds) names.emplace_back(ToString(kind));
  return names;
}

}  // namespace

KeystoreProvision::KeystoreProvision(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command.add_option("--so-pin-file", options_.so_pin_file,
                     "PIN of the security officer; needed only to make a token");
  command
      .add_option("--key", options_.key_labels,
                  "Label of a key that there has to be, as acme/ISSUER/main/v1; may be repeated")
      ->allow_extra_args(false)
      ->type_name("LABEL")
      ->required();
  command
      .add_option("--spares", options_.spares,
                  "How many keys to come to make besides each: for acme/ISSUER/main/v1 and 2 also "
                  "…/v2 and …/v3, so that a roll-over needs no right to write to the token")
      ->check(CLI::Range(0, keystore::kMaxSpares))
      ->capture_default_str();
  command
      .add_option("--algorithm", algorithm_,
                  "What new keys sign with: ES256 (the default: every CA takes it), ES384, RS256, "
                  "or RS256-3072. A key that exists and is of another kind is an error")
      ->type_name("ALGORITHM")
      ->check(CLI::IsMember(AlgorithmNames()));
  command.add_option("--sync-dir", options_.token_sync_dir,
                     "SoftHSM2's token directory, to be made safe against power loss");
}

Result<int> KeystoreProvision::Run(OutputFormat output) {
  SilentLog log;
  options_.module = token_.module;
  options_.init_args = token_.init_args;
  options_.token_label = token_.token_label;
  options_.pin_file = token_.pin_file;
  if (!algorithm_.empty()) options_.key_kind = keystore::KeyKindFromName(algorithm_);
  ASSIGN_OR_RETURN(const auto report, keystore::Provision(options_, log));
  client::PrintOut(output == OutputFormat::kJson ? ProvisionJson(report) : ProvisionText(report));
  return client::kExitDone;
}

}  // namespace certbroker::cli
