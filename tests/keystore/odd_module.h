// tests/keystore/odd_module.h: a PKCS#11 function list that makes real keys in memory (OpenSSL
// does the work), and has the peculiarities that real modules were seen to have.
#pragma once

#include <memory>
#include <string>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"

namespace certbroker::keystore {

// One at a time: function lists have no room for a `this`. Thread-safe as a module must be.
class OddModule {
 public:
  static constexpr std::string_view kPin = "an odd pin";
  static constexpr CK_SLOT_ID kSlot = 7;

  OddModule();
  ~OddModule();
  OddModule(const OddModule&) = delete;
  OddModule& operator=(const OddModule&) = delete;

  CK_FUNCTION_LIST& functions() { return functions_; }
  // C_Finalize and C_Initialize: sessions, login and handles are gone.
  void Restart();

  // What is odd about it.
  bool rsa_only = false;
  bool has_generation = true;
  bool read_only = false;              // no session may write
  bool has_read_only_sessions = true;  // every session must be one that may write
  bool takes_decrypt_false = true;     // in templates
  bool says_local = true;              // CKA_LOCAL of keys that it made
  bool extractable = false;            // makes keys extractable, whatever it was asked for
  bool second_login = true;            // in one life, as SoftHSM on a store that it cannot write
  bool renumbers = false;              // handles, upside down, at every restart
  bool signs_wrong = false;
  bool has_random = true;
  bool keeps_destroyed = false;  // C_DestroyObject fails
  CK_ULONG session_limit = 100;  // all kinds together
  std::string pin{kPin};

  // A pair as the HSM's own tool would have made it, good in every respect.
  void AddKey(const std::string& label, const Bytes& id);

  int logins() const;            // C_Login calls, ever
  std::size_t objects() const;   // now
  std::size_t sessions() const;  // open now
  int generated() const;         // pairs, ever

 private:
  CK_FUNCTION_LIST functions_{};
};

}  // namespace certbroker::keystore
