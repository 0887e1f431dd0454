// keystore/libp11_slots.h: loads a PKCS#11 module and lists its tokens, through libp11.
//
// These are the parts of libp11 0.4.12 that can be relied on: they open no session. Its sessions
// hang, its keys do not survive a reconnect and its key lists are not thread-safe
// (measured; D1 and D2 of the keystore decisions).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "keystore/token_facts.h"

struct PKCS11_ctx_st;

namespace certbroker::keystore {

// Not thread-safe. Destroying one ends C_Initialize's work for the whole process: nobody may be
// inside the module then.
class Libp11Slots {
 public:
  // Loads the module and initialises it. kHsmUnavailable; may succeed later.
  static Result<std::unique_ptr<Libp11Slots>> Load(const std::string& module,
                                                   const std::string& init_args);
  ~Libp11Slots();
  Libp11Slots(const Libp11Slots&) = delete;
  Libp11Slots& operator=(const Libp11Slots&) = delete;

  // Every token that is present, asked anew, uninitialised ones too. Closes every session that this
  // process has in the module (PKCS11_release_all_slots). kHsmUnavailable.
  Result<std::vector<TokenFacts>> Tokens();

 private:
  explicit Libp11Slots(PKCS11_ctx_st* context) : context_(context) {}
  PKCS11_ctx_st* const context_;
};

}  // namespace certbroker::keystore
