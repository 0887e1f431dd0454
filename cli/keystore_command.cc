#include "cli/keystore_command.h"

#include <algorithm>

#include "cli/keystore_check.h"
#include "cli/keystore_describe.h"
#include "cli/keystore_destroy.h"
#include "cli/keystore_init.h"
#include "cli/keystore_list.h"
#include "cli/keystore_provision.h"
#include "cli/keystore_qualify.h"
#include "core/check.h"
#include "core/process_memory.h"

namespace certbroker::cli {

KeystoreCommand::KeystoreCommand(CLI::App& app)
    : command_(app.add_subcommand("keystore", "The token that holds the account keys")) {
  command_->require_subcommand(1);
  acts_.push_back(std::make_unique<KeystoreQualify>(*command_->add_subcommand(
      "qualify", "Try out a token: what works on it, what does not, and what that means")));
  acts_.push_back(std::make_unique<KeystoreInit>(
      *command_->add_subcommand("init", "Make the token alone; harmless to run again")));
  acts_.push_back(std::make_unique<KeystoreProvision>(*command_->add_subcommand(
      "provision", "Make the token and the keys that are missing; harmless to run again")));
  acts_.push_back(std::make_unique<KeystoreCheck>(*command_->add_subcommand(
      "check", "Log in once, examine the keys, have each make a signature")));
  acts_.push_back(std::make_unique<KeystoreList>(*command_->add_subcommand(
      "list", "Every key with its algorithm, and whether it may be used")));
  acts_.push_back(std::make_unique<KeystoreDescribe>(*command_->add_subcommand(
      "describe", "One key: every attribute, what it proves, and what is required")));
  acts_.push_back(std::make_unique<KeystoreDestroy>(
      *command_->add_subcommand("destroy", "Destroy one key, both halves, for good")));
}

Result<int> KeystoreCommand::Run(client::OutputFormat output) {
  KeepMemoryPrivate();
  const auto act =
      std::ranges::find_if(acts_, [](const auto& candidate) { return candidate->given(); });
  CERTBROKER_CHECK(act != acts_.end());
  return (*act)->Run(output);
}

}  // namespace certbroker::cli
