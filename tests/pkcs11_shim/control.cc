#include "tests/pkcs11_shim/control.h"

#include <cstdlib>
#include <fstream>
#include <thread>

namespace certbroker::shim {

Control& Control::Get() {
  static auto* const control = new Control;  // outlives every static destructor
  return *control;
}

std::optional<Rule> Control::Arrive(const std::string& function) {
  Version version;
  const std::optional<Rule> rule = Take(function, &version);
  if (!rule) return rule;
  if (rule->delay.count() > 0) std::this_thread::sleep_for(rule->delay);
  while (rule->hold && !Changed(version)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return rule;
}

Orders Control::orders() {
  const std::lock_guard lock(mutex_);
  ReadIfChanged();
  return orders_;
}

long Control::calls(const std::string& function) {
  const std::lock_guard lock(mutex_);
  return calls_[function];
}

std::optional<Rule> Control::Take(const std::string& function, Version* version) {
  const std::lock_guard lock(mutex_);
  ++calls_[function];
  ReadIfChanged();
  *version = version_;
  const auto rules = orders_.rules.find(function);
  if (rules == orders_.rules.end()) return std::nullopt;
  for (Rule& rule : rules->second) {
    if (rule.left == 0) continue;
    if (rule.after > 0) {
      --rule.after;
      return std::nullopt;
    }
    if (rule.left > 0) --rule.left;
    return rule;
  }
  return std::nullopt;
}

bool Control::Changed(const Version& since) {
  const std::lock_guard lock(mutex_);
  ReadIfChanged();
  return version_ != since;
}

void Control::ReadIfChanged() {
  const char* path = std::getenv("FAULT_MODULE_CTL");
  struct stat status {};
  Version now;
  if (path != nullptr && ::stat(path, &status) == 0) now = {status.st_ino, status.st_mtim};
  if (now == version_) return;
  version_ = now;
  orders_ = {};
  if (path == nullptr) return;
  std::ifstream file(path);
  orders_ = ReadOrders(file);
}

}  // namespace certbroker::shim
