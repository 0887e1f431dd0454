// tests/integration/service_process.h: a certbrokerd of a test's own beside a stack that was
// started --without-service: with other files, in places that are not there yet, and so on.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/scenario.h"

namespace certbroker {

// The configuration of a stack, to be changed.
class ServiceFile {
 public:
  explicit ServiceFile(const DevStack& stack);

  // `key = value` in the file for the key that is there already, value in TOML.
  ServiceFile& Set(const std::string& key, const std::string& value);
  // Lines at the end.
  ServiceFile& Append(const std::string& text);
  std::string Write();  // the path

 private:
  TempDir dir_;
  std::string text_;
};

class ServiceProcess {
 public:
  ServiceProcess(const DevStack& stack, const std::string& config_file,
                 const std::vector<std::string>& more = {},
                 const std::vector<std::pair<std::string, std::string>>& environment = {});

  RunningProgram& program() { return program_; }
  // Blocks until its log has that text. False when it ended first, or did not say it within 30 s.
  bool Says(const std::string& text);

 private:
  RunningProgram program_;
};

}  // namespace certbroker
