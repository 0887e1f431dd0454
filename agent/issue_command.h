// agent/issue_command.h: `issue` and `renew`: from the command line to an installed certificate.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/command_context.h"
#include "agent/installed_state.h"
#include "agent/issuance.h"

namespace certbroker::agent {

// What both commands can be told. Lives as long as the app it was added to.
struct IssuanceFlags {
  void AddTo(CLI::App& command);

  ChallengeOptions challenge;
  std::filesystem::path out;
  std::filesystem::path roots;
  std::string key_type;  // empty: not said
  long timeout_seconds = 3600;
};

class IssueCommand {
 public:
  explicit IssueCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;
  // What was typed. kNameInvalid.
  Result<Wish> ReadWish() const;

 private:
  CLI::App* command_;
  IssuanceFlags flags_;
  std::vector<std::string> names_;
  std::string issuer_;
  std::vector<std::string> fallback_issuers_;
  std::string profile_;
  std::string profile_preferred_;
};

class RenewCommand {
 public:
  explicit RenewCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  // Done, with what was printed; nothing: it is due.
  std::optional<int> RunUnlessDue(const CommandContext& context,
                                  const InstalledState& installed) const;

  CLI::App* command_;
  IssuanceFlags flags_;
  bool if_due_ = false;
};

// The names as the service will see them, U-labels converted to A-labels; every name that cannot be
// is told of. kNameInvalid.
Result<std::vector<Identifier>> ParseNames(const std::vector<std::string>& texts);

}  // namespace certbroker::agent
