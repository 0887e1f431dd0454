#include "tests/support/fault_module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/check.h"

namespace certbroker {
namespace {

long CallsEver(const std::string& function) {
  void* const handle = ::dlopen(FAULT_MODULE_PATH, RTLD_NOW | RTLD_LOCAL);
  CERTBROKER_CHECK(handle != nullptr);
  const auto calls = reinterpret_cast<long (*)(const char*)>(::dlsym(handle, "fault_module_calls"));
  CERTBROKER_CHECK(calls != nullptr);
  return calls(function.c_str());
}

// Counts go on for ever; a test wants to begin at zero.
std::map<std::string, long>& CallsBefore() {
  static std::map<std::string, long> before;
  return before;
}

}  // namespace

FaultModule::FaultModule() {
  CallsBefore().clear();
  for (const char* function :
       {"C_Initialize", "C_Finalize", "C_Login", "C_Sign", "C_SignInit", "C_GenerateKeyPair",
        "C_OpenSession", "C_CloseSession", "C_InitToken", "C_GetTokenInfo", "C_FindObjectsInit",
        "C_GetAttributeValue", "C_GetSessionInfo", "C_GetSlotList", "C_DestroyObject",
        "C_CopyObject"}) {
    CallsBefore()[function] = CallsEver(function);
  }
  ::setenv("FAULT_MODULE_CTL", (dir_.path() + "/rules").c_str(), 1);
}

FaultModule::~FaultModule() {
  Set("");
  ::unsetenv("FAULT_MODULE_CTL");
}

std::string FaultModule::path() { return FAULT_MODULE_PATH; }

void FaultModule::Preload() { CERTBROKER_CHECK(CallsEver("C_Initialize") >= 0); }

void FaultModule::Set(const std::string& rules) {
  const std::string next = dir_.path() + "/rules." + std::to_string(++version_);
  std::ofstream(next) << rules << "\n";
  // Replaced, so that no call reads half of it; the old file is kept, so that its inode is not
  // given to the next one.
  std::filesystem::create_hard_link(next, dir_.path() + "/new");
  std::filesystem::rename(dir_.path() + "/new", dir_.path() + "/rules");
}

long FaultModule::Calls(const std::string& function) const {
  CERTBROKER_CHECK(CallsBefore().contains(function));
  return CallsEver(function) - CallsBefore()[function];
}

}  // namespace certbroker
