#include "cli/keystore_qualify.h"

#include "cli/interruption.h"
#include "cli/qualification_text.h"

namespace certbroker::cli {
namespace {

int ExitCodeOf(const keystore::QualificationReport& report) {
  if (report.interrupted) return client::kExitInterrupted;
  return report.CanRun() ? client::kExitDone : client::kExitFailed;
}

}  // namespace

KeystoreQualify::KeystoreQualify(CLI::App& command) : KeystoreAct(command) {
  token_.AddTo(command);
  command
      .add_option("--sessions", options_.sessions,
                  "How many sessions to open at once: what keystore.sessions is to be")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

Result<int> KeystoreQualify::Run(client::OutputFormat output) {
  const bool json = output == client::OutputFormat::kJson;
  options_.module = token_.module;
  options_.init_args = token_.init_args;
  options_.token_label = token_.token_label;
  options_.pin_file = token_.pin_file;
  CatchInterruption();
  keystore::QualificationWatch watch;
  watch.stop = Interrupted;
  if (!json) {
    watch.found = [](const keystore::Finding& finding) { client::PrintOut(FindingText(finding)); };
  }
  ASSIGN_OR_RETURN(const auto report, keystore::Qualify(options_, watch));
  client::PrintOut(json ? QualificationJson(report) : QualificationSummary(report));
  return ExitCodeOf(report);
}

}  // namespace certbroker::cli
