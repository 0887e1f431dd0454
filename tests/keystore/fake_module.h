// tests/keystore/fake_module.h: a PKCS#11 function list over objects in memory, for what no real
// token does.
#pragma once

#include <map>
#include <string>
#include <variant>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"

namespace certbroker::keystore {

// One at a time: function lists have no room for a `this`. Not thread-safe, except for sessions
// opened and closed under the caller's lock.
class FakeModule {
 public:
  FakeModule();
  ~FakeModule();
  FakeModule(const FakeModule&) = delete;
  FakeModule& operator=(const FakeModule&) = delete;

  CK_FUNCTION_LIST& functions() { return functions_; }

  // An attribute is its value or the code that asking for it gives. Absent: TYPE_INVALID.
  using Attribute = std::variant<Bytes, CK_RV>;
  std::map<CK_OBJECT_HANDLE, std::map<CK_ATTRIBUTE_TYPE, Attribute>> objects;
  Bytes signature;  // what every C_Sign gives
  CK_ULONG session_limit = 100;
  bool read_only_sessions = true;  // whether the token has them

  CK_ULONG open_sessions = 0;
  int opened = 0;          // ever
  int reads_of_value = 0;  // with a buffer for CKA_VALUE to be written to

 private:
  CK_FUNCTION_LIST functions_{};
};

// A private key as our own template makes it, and its public half, both under `id` and `label`.
void AddGoodKey(FakeModule& module, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key,
                const Bytes& id, const std::string& label);

Bytes BoolValue(bool value);
Bytes NumberValue(CK_ULONG value);

}  // namespace certbroker::keystore
