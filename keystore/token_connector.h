// keystore/token_connector.h: how a token is reached, first and again: module, slot, PIN, login.
//
// What must never happen more than once, or must never change, between two connections lives here:
// a PIN that was refused, the serial of the token that was found first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "keystore/pin_latch.h"
#include "keystore/pin_source.h"
#include "keystore/token_connection.h"

namespace certbroker::keystore {

struct TokenAccess {
  TokenSelector token;
  PinSource pin_file;
  std::size_t max_sessions = 1;
};

// Not thread-safe: one thread connects.
class TokenConnector {
 public:
  TokenConnector(Pkcs11Module& module, TokenAccess access);

  // Nobody may be inside the module, and the previous connection must be gone. After a lost login
  // (`why` is kLogin) it logs in again; after anything else, or where a second login does not work
  // (SoftHSM on a store that it cannot write), it starts the module over with C_Finalize and
  // C_Initialize.
  //
  // Errors: kHsmPinRefused (the token refused the PIN, or it or the token says that the next wrong
  // one locks it: no C_Login until the PIN file has another content) · kHsmKeyRefused (another
  // token under the same name) · kHsmUnavailable (try again later).
  Result<std::unique_ptr<TokenConnection>> Connect(Fault why, std::uint64_t epoch);

 private:
  Result<Secret> ReadPin() const;
  Result<std::unique_ptr<TokenConnection>> LogIn(const Secret& pin, std::uint64_t epoch);
  Result<void> CheckToken(const TokenFacts& facts) const;

  Pkcs11Module& module_;
  const TokenAccess access_;
  PinLatch latch_;
  std::string serial_;  // of the token that was found first; empty before
  bool second_login_works_ = true;
};

}  // namespace certbroker::keystore
