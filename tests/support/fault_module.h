// tests/support/fault_module.h: SoftHSM2 behind a module that fails when a test says so
// (tests/pkcs11_shim/orders.h has the grammar of the rules).
#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace certbroker {

// One at a time. Use its path as the keystore's module.
class FaultModule {
 public:
  FaultModule();
  ~FaultModule();
  FaultModule(const FaultModule&) = delete;
  FaultModule& operator=(const FaultModule&) = delete;

  static std::string path();
  // Maps the module now. Once mapped it can be loaded again by its path, also by a process that has
  // given up the right to read the build directory.
  static void Preload();

  // The rules from now on, one per line; empty: none. Calls that wait under "hold" go on.
  void Set(const std::string& rules);
  // How often this function was called since this object was made.
  long Calls(const std::string& function) const;

 private:
  TempDir dir_;
  int version_ = 0;
};

}  // namespace certbroker
