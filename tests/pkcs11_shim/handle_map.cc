#include "tests/pkcs11_shim/handle_map.h"

#include "tests/pkcs11_shim/control.h"

namespace certbroker::shim {

HandleMap& HandleMap::Get() {
  static auto* const map = new HandleMap;
  return *map;
}

void HandleMap::Restart() {
  const bool on = Control::Get().orders().renumber;
  const std::lock_guard lock(mutex_);
  on_ = on;
  ++start_;
  shown_.clear();
  real_.clear();
}

CK_OBJECT_HANDLE HandleMap::Shown(CK_OBJECT_HANDLE real) {
  const std::lock_guard lock(mutex_);
  if (!on_) return real;
  if (const auto known = shown_.find(real); known != shown_.end()) return known->second;
  // In the order of discovery, and neighbours change places with every start: what was the handle
  // of one key is now the handle of the next one.
  const CK_OBJECT_HANDLE shown = (shown_.size() ^ (start_ & 1)) + 1;
  shown_[real] = shown;
  real_[shown] = real;
  return shown;
}

CK_OBJECT_HANDLE HandleMap::Meant(CK_OBJECT_HANDLE shown) {
  const std::lock_guard lock(mutex_);
  if (!on_) return shown;
  const auto known = real_.find(shown);
  return known == real_.end() ? CK_INVALID_HANDLE : known->second;
}

}  // namespace certbroker::shim
