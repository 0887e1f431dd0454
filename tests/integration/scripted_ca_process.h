// tests/integration/scripted_ca_process.h: the scripted CA (docs/scripted-ca.md) as a program of
// its own beside a stack.
#pragma once

#include <string>

#include "tests/integration/scenario.h"

namespace certbroker {

// Not thread-safe; started from the main thread.
class ScriptedCaProcess {
 public:
  // Returns when it serves; fails the test when it does not.
  ScriptedCaProcess();

  std::string directory_url() const;
  std::string tls_root() const { return dir_.path() + "/tls.pem"; }
  std::string roots() const { return dir_.path() + "/roots.pem"; }
  // These rules and no others from now on: a list as in a script.
  void Follow(const nlohmann::json& rules) const;

 private:
  TempDir dir_;
  RunningProgram program_;
};

}  // namespace certbroker
