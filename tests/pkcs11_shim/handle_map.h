// tests/pkcs11_shim/handle_map.h: object handles as the shim shows them. With RENUMBER in the
// orders an old handle names another object after each C_Initialize, as it does on some tokens.
#pragma once

#include <map>
#include <mutex>

#include <p11-kit/pkcs11.h>

namespace certbroker::shim {

// Thread-safe.
class HandleMap {
 public:
  static HandleMap& Get();

  // A new C_Initialize: everything is numbered anew.
  void Restart();
  CK_OBJECT_HANDLE Shown(CK_OBJECT_HANDLE real);
  // CK_INVALID_HANDLE: it was never shown.
  CK_OBJECT_HANDLE Meant(CK_OBJECT_HANDLE shown);

 private:
  std::mutex mutex_;
  bool on_ = false;
  CK_ULONG start_ = 0;  // how many C_Initialize there were
  std::map<CK_OBJECT_HANDLE, CK_OBJECT_HANDLE> shown_;
  std::map<CK_OBJECT_HANDLE, CK_OBJECT_HANDLE> real_;
};

}  // namespace certbroker::shim
