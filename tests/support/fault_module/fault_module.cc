// A PKCS#11 module that forwards to another one and fails on demand. For tests: it makes happen
// what SoftHSM never does by itself.
//
// FAULT_MODULE_REAL names the module behind it, FAULT_MODULE_CTL a file with one rule per line:
//
//   C_Sign 0x30 2 0       the next two calls answer CKR_DEVICE_ERROR at once
//   C_Login 0xa0 -1 50    every call answers CKR_PIN_INCORRECT, after 50 ms
//   C_Sign 0 1 hold       one call waits until the file changes, then goes through
//
// A rule with rv 0 forwards. Whenever the file changes (replace it, do not write into it) all rules
// are read and counted anew. fault_module_calls(name) tells how often a function was called.
#include <dlfcn.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include <p11-kit/pkcs11.h>

namespace {

struct Rule {
  CK_RV rv = CKR_OK;
  long left = 0;  // negative: for ever
  std::chrono::milliseconds delay{0};
  bool hold = false;
};

// Which version of the rules file.
struct Version {
  ino_t inode = 0;
  timespec modified{};
  friend bool operator==(const Version& a, const Version& b) {
    return a.inode == b.inode && a.modified.tv_sec == b.modified.tv_sec &&
           a.modified.tv_nsec == b.modified.tv_nsec;
  }
};

class Faults {
 public:
  // What this call is to do, and which rules said so.
  std::pair<std::optional<Rule>, Version> Take(const std::string& function) {
    const std::lock_guard lock(mutex_);
    ++calls_[function];
    ReadIfChanged();
    const auto rule = rules_.find(function);
    if (rule == rules_.end() || rule->second.left == 0) return {std::nullopt, version_};
    if (rule->second.left > 0) --rule->second.left;
    return {rule->second, version_};
  }
  bool Changed(const Version& since) {
    const std::lock_guard lock(mutex_);
    ReadIfChanged();
    return version_ != since;
  }
  long calls(const std::string& function) {
    const std::lock_guard lock(mutex_);
    return calls_[function];
  }

 private:
  void ReadIfChanged() {
    const char* path = std::getenv("FAULT_MODULE_CTL");
    struct stat status {};
    Version now;
    if (path != nullptr && ::stat(path, &status) == 0) now = {status.st_ino, status.st_mtim};
    if (now == version_) return;
    version_ = now;
    rules_.clear();
    if (path == nullptr) return;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string function;
      std::string rv;
      std::string delay;
      Rule rule;
      words >> function >> rv >> rule.left >> delay;
      rule.rv = std::strtoul(rv.c_str(), nullptr, 0);
      rule.hold = delay == "hold";
      if (!rule.hold)
        rule.delay = std::chrono::milliseconds(std::strtol(delay.c_str(), nullptr, 10));
      rules_[function] = rule;
    }
  }

  std::mutex mutex_;
  Version version_;
  std::map<std::string, Rule> rules_;
  std::map<std::string, long> calls_;
};

Faults& TheFaults() {
  static auto* const faults = new Faults;
  return *faults;
}

CK_FUNCTION_LIST* Real() {
  static CK_FUNCTION_LIST* const list = [] {
    const char* path = std::getenv("FAULT_MODULE_REAL");
    void* handle =
        ::dlopen(path == nullptr ? "/usr/lib/softhsm/libsofthsm2.so" : path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) std::abort();
    CK_FUNCTION_LIST* functions = nullptr;
    reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"))(&functions);
    return functions;
  }();
  return list;
}

template <auto Member, class Function>
struct Forward;

template <auto Member, class... Args>
struct Forward<Member, CK_RV (*)(Args...)> {
  static inline const char* name = nullptr;
  static CK_RV Call(Args... args) {
    const auto [rule, version] = TheFaults().Take(name);
    if (rule) {
      std::this_thread::sleep_for(rule->delay);
      while (rule->hold && !TheFaults().Changed(version)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (rule->rv != CKR_OK) return rule->rv;
    }
    return (Real()->*Member)(args...);
  }
};

template <auto Member>
auto ForwardTo(const char* name) {
  using Function = std::remove_reference_t<decltype(std::declval<CK_FUNCTION_LIST>().*Member)>;
  Forward<Member, Function>::name = name;
  return &Forward<Member, Function>::Call;
}

CK_FUNCTION_LIST MakeList() {
  CK_FUNCTION_LIST list = *Real();
#define FORWARD(function) list.function = ForwardTo<&CK_FUNCTION_LIST::function>(#function)
  FORWARD(C_Initialize);
  FORWARD(C_Finalize);
  FORWARD(C_GetInfo);
  FORWARD(C_GetSlotList);
  FORWARD(C_GetSlotInfo);
  FORWARD(C_GetTokenInfo);
  FORWARD(C_InitToken);
  FORWARD(C_InitPIN);
  FORWARD(C_OpenSession);
  FORWARD(C_CloseSession);
  FORWARD(C_CloseAllSessions);
  FORWARD(C_GetSessionInfo);
  FORWARD(C_Login);
  FORWARD(C_Logout);
  FORWARD(C_DestroyObject);
  FORWARD(C_GetAttributeValue);
  FORWARD(C_FindObjectsInit);
  FORWARD(C_FindObjects);
  FORWARD(C_FindObjectsFinal);
  FORWARD(C_SignInit);
  FORWARD(C_Sign);
  FORWARD(C_GenerateKeyPair);
  FORWARD(C_GenerateRandom);
#undef FORWARD
  return list;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** functions) {
  static CK_FUNCTION_LIST list = MakeList();
  *functions = &list;
  return CKR_OK;
}

__attribute__((visibility("default"))) long fault_module_calls(const char* function) {
  return TheFaults().calls(function);
}
}
