// service/dev_command.h: the command line of `certbrokerd dev`.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "service/dev/stack.h"

namespace certbroker {

// Lives as long as the app it was added to.
class DevCommand {
 public:
  explicit DevCommand(CLI::App& app);
  DevCommand(const DevCommand&) = delete;
  DevCommand& operator=(const DevCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Runs the stack until it ends; the exit code: 0 after a signal, 1 after an error, which it has
  // printed. From main's thread, before there is another, and before any PKCS#11 module is loaded.
  int Run();

 private:
  CLI::App* command_;
  dev::StackOptions options_;
  std::vector<std::string> pebble_environment_;
  bool without_service_ = false;
};

}  // namespace certbroker
