// tests/pkcs11_shim/control.h: which orders are in force, and how often each function was called.
#pragma once

#include <sys/stat.h>

#include <mutex>
#include <optional>

#include "tests/pkcs11_shim/orders.h"

namespace certbroker::shim {

// Thread-safe.
class Control {
 public:
  // Reads the file that FAULT_MODULE_CTL names whenever it changes, and counts anew then. Replace
  // the file, do not write into it.
  static Control& Get();

  // Counts the call, and waits as long as its rule says. The rule, when there is one.
  std::optional<Rule> Arrive(const std::string& function);
  Orders orders();
  long calls(const std::string& function);

 private:
  // Which version of the file.
  struct Version {
    ino_t inode = 0;
    timespec modified{};
    friend bool operator==(const Version& a, const Version& b) {
      return a.inode == b.inode && a.modified.tv_sec == b.modified.tv_sec &&
             a.modified.tv_nsec == b.modified.tv_nsec;
    }
  };
  std::optional<Rule> Take(const std::string& function, Version* version);
  bool Changed(const Version& since);
  void ReadIfChanged();

  std::mutex mutex_;
  Version version_;
  Orders orders_;
  std::map<std::string, long> calls_;
};

}  // namespace certbroker::shim
