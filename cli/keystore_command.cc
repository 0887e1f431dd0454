#include "cli/keystore_command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/keystore_json.h"
#include "cli/keystore_report.h"
#include "cli/silent_log.h"
#include "core/clock.h"
#include "core/process_memory.h"
#include "keystore/proofs_only_ledger.h"

namespace certbroker::cli {
namespace {

using client::OutputFormat;
using std::chrono::seconds;

// Long enough for a network HSM's login; a token that is not plugged in is not waited for longer.
constexpr seconds kPatience{5};
constexpr seconds kEndLimit{5};

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const keystore::KeyKind kind : keystore::kAllKeyKinds) names.emplace_back(ToString(kind));
  return names;
}

// The service waits for a token that is not there; a person is told what it may lack.
Error WithAdvice(Error error) {
  if (error.reason() != Reason::kHsmUnavailable) return error;
  return {Reason::kHsmUnavailable,
          error.detail() +
              "; check the label, that the token is plugged in, and that the module finds its own "
              "configuration (for SoftHSM2 the file that SOFTHSM2_CONF names). `certbroker "
              "keystore provision` makes a token where there is none"};
}

}  // namespace

KeystoreCommand::KeystoreCommand(CLI::App& app)
    : command_(app.add_subcommand("keystore", "The token that holds the account keys")),
      provision_command_(command_->add_subcommand(
          "provision", "Make the token and the keys that are missing; harmless to run again")),
      check_command_(command_->add_subcommand(
          "check", "Log in once, examine the keys, have each make a signature")) {
  command_->require_subcommand(1);
  AddToken(*provision_command_);
  provision_command_->add_option("--so-pin-file", options_.so_pin_file,
                                 "PIN of the security officer; needed only to make a token");
  provision_command_
      ->add_option("--key", options_.key_labels,
                   "Label of a key that there has to be, as acme/ISSUER/main/v1; may be repeated")
      ->allow_extra_args(false)
      ->type_name("LABEL")
      ->required();
  provision_command_
      ->add_option("--algorithm", algorithm_,
                   "What new keys sign with: ES256 (the default: every CA takes it), ES384, RS256, "
                   "or RS256-3072. A key that exists and is of another kind is an error")
      ->type_name("ALGORITHM")
      ->check(CLI::IsMember(AlgorithmNames()));
  provision_command_->add_option("--sync-dir", options_.token_sync_dir,
                                 "SoftHSM2's token directory, to be made safe against power loss");
  AddToken(*check_command_);
  check_command_
      ->add_option("--key", options_.key_labels,
                   "Only the key with this label; may be repeated. Default: every key")
      ->allow_extra_args(false)
      ->type_name("LABEL");
}

void KeystoreCommand::AddToken(CLI::App& command) {
  command.add_option("--module", options_.module, "The PKCS#11 module (shared object)")->required();
  command.add_option("--token", options_.token_label, "The token's label")->required();
  command.add_option("--pin-file", options_.pin_file, "File with the user PIN, mode 0400")
      ->required();
  command.add_option("--init-args", options_.init_args,
                     "For the module's C_Initialize; most need none");
}

Result<int> KeystoreCommand::Run(OutputFormat output) {
  KeepMemoryPrivate();
  return provision_command_->parsed() ? Provision(output) : Check(output);
}

Result<int> KeystoreCommand::Provision(OutputFormat output) {
  SilentLog log;
  if (!algorithm_.empty()) options_.key_kind = keystore::KeyKindFromName(algorithm_);
  ASSIGN_OR_RETURN(const auto report, keystore::Provision(options_, log));
  client::PrintOut(output == OutputFormat::kJson ? ProvisionJson(report) : ProvisionText(report));
  return client::kExitDone;
}

Result<int> KeystoreCommand::Check(OutputFormat output) {
  SystemClock clock;
  SilentLog log;
  keystore::ProofsOnlyLedger ledger;
  keystore::KeystoreOptions options;
  options.module = options_.module;
  options.init_args = options_.init_args;
  options.token.label = options_.token_label;
  options.pin_file = options_.pin_file;
  options.sessions = 1;
  options.patience = kPatience;
  ASSIGN_OR_RETURN(const auto keystore,
                   keystore::Keystore::Open(std::move(options), ledger, clock, log));
  auto token = keystore->Describe();
  if (!keystore->Stop(clock.Tick() + kEndLimit)) {
    std::fputs("certbroker: a call into the PKCS#11 module does not return\n", stderr);
    std::fflush(nullptr);
    ::_exit(client::kExitFailed);
  }
  if (!token) return WithAdvice(std::move(token).error());
  ASSIGN_OR_RETURN(const auto selected, SelectKeys(*std::move(token), options_.key_labels));
  client::PrintOut(output == OutputFormat::kJson ? CheckJson(selected) : CheckText(selected));
  return AllUsable(selected) ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
