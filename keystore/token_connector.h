// keystore/token_connector.h: how a token is reached, first and again: module, slot, PIN, login.
//
// What must never happen more than once, or must never change, between two connections lives here:
// a PIN that was refused, the serial of the token that was found first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/ports/key_use_ledger.h"
#include "keystore/pin_latch.h"
#include "keystore/pin_source.h"
#include "keystore/shared_module.h"
#include "keystore/token_connection.h"

namespace certbroker::keystore {

struct TokenAccess {
  TokenSelector token;
  PinSource pin_file;
  std::size_t max_sessions = 1;
};

// What one attempt may do.
struct Effort {
  Fault why = Fault::kToken;   // the previous connection was lost
  bool may_start_over = true;  // the module: nobody of this token's is inside, and it is worth it
  SteadyTime deadline = {};    // for those inside the module to come out
};

// Not thread-safe: one thread connects.
class TokenConnector {
 public:
  // Module, tenant and ledger outlive it.
  TokenConnector(SharedModule& module, SharedModule::Tenant& tenant, TokenAccess access,
                 KeyUseLedger& ledger);
  // For the sole user of a module, which outlives it.
  TokenConnector(Pkcs11Module& module, TokenAccess access, KeyUseLedger& ledger);

  // After a lost login it logs in again; after anything else, or where a second login does not work
  // (SoftHSM on a store that it cannot write), it starts the module over, if it may. The caller
  // holds no connection any more, and `accept` takes over the new one while the module cannot be
  // started over by others.
  //
  // Errors: kHsmPinRefused (the token refused the PIN, or it or the token says that the next wrong
  // one locks it: no C_Login until the PIN file has another content) · kHsmKeyRefused (another
  // token under the same name) · kHsmUnavailable (try again later).
  template <class F>
  Result<void> Connect(const Effort& effort, std::uint64_t epoch, F accept) {
    ASSIGN_OR_RETURN(Visited visited, Connect(effort, epoch));
    accept(std::move(visited.connection));
    return {};
  }
  // The same for the sole user of a module.
  Result<std::unique_ptr<TokenConnection>> Connect(Fault why, std::uint64_t epoch);

  // Whether the last failure was about the PIN file, so that looking at the file again is all that
  // a next attempt does.
  bool blocked_by_file() const { return blocked_by_file_; }

 private:
  struct Visited {
    Gate::Pass pass;
    std::unique_ptr<TokenConnection> connection;
  };
  Result<Visited> Connect(const Effort& effort, std::uint64_t epoch);
  Result<Secret> ReadPin() const;
  bool LoginWillDo(const Effort& effort) const;
  Result<bool> StartOver(const Effort& effort);
  Result<Visited> LogIn(const Secret& pin, std::uint64_t epoch, SteadyTime deadline);
  Result<void> CheckToken(const TokenFacts& facts) const;

  const std::unique_ptr<SharedModule> sole_;
  SharedModule& module_;
  const SharedModule::Tenant* const tenant_;
  const TokenAccess access_;
  KeyUseLedger& ledger_;
  PinLatch latch_;
  std::string serial_;            // of the token that was found first; empty before
  std::uint64_t generation_ = 0;  // of the module, when we last tried to log in
  bool second_login_works_ = true;
  bool blocked_by_file_ = false;
};

}  // namespace certbroker::keystore
