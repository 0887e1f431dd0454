// keystore/token_connection.h: one login to a token, and everything that is valid only as long as
// that login: sessions, handles, the index of keys.
//
// After a token was lost none of this can be repaired, some of it fails silently (an old handle
// signs, with another key), so it is thrown away as a whole and a new one is made with the next
// epoch.
#pragma once

#include <cstdint>
#include <memory>

#include <p11-kit/pkcs11.h>

#include "core/mutex.h"
#include "core/secret.h"
#include "keystore/ckr.h"
#include "keystore/key_index.h"
#include "keystore/pkcs11_module.h"
#include "keystore/proof_recorder.h"
#include "keystore/session_pool.h"

namespace certbroker::keystore {

// Thread-safe once open. Every call, the destructor's too, must be made inside the module's Gate or
// while it is closed and drained.
// The ledger outlives it.
class TokenConnection {
 public:
  // Opens the login session, calls C_Login exactly once, reads the index of keys. `epoch` must
  // never have been used in this process before. kHsmPinRefused: the token refused this PIN.
  // kHsmUnavailable: anything else.
  static Result<std::unique_ptr<TokenConnection>> Open(Pkcs11Module& module, FoundToken token,
                                                       const Secret& pin, std::uint64_t epoch,
                                                       std::size_t max_sessions,
                                                       KeyUseLedger& ledger);
  ~TokenConnection();
  TokenConnection(const TokenConnection&) = delete;
  TokenConnection& operator=(const TokenConnection&) = delete;

  std::uint64_t epoch() const { return epoch_; }
  CK_SLOT_ID slot() const { return slot_; }
  const TokenFacts& facts() const { return facts_; }
  CK_FUNCTION_LIST& functions() const { return functions_; }
  SessionPool& sessions() { return sessions_; }
  // Every test signature made with this connection goes through one.
  ProofRecorder ProofsUntil(SteadyTime deadline) const {
    return ProofRecorder(ledger_, facts_.label, deadline);
  }

  // As of the last scan.
  std::shared_ptr<const KeyIndex> keys() const EXCLUDES(mutex_);
  // Reads the index again, for keys that were provisioned or destroyed meanwhile. Handles that were
  // valid stay so.
  Result<void> Rescan() EXCLUDES(mutex_);

  // Whether the token is there (kToken) and knows our login (kLogin). Asks the token itself:
  // C_GetSessionInfo alone says yes while SoftHSM's store is gone.
  Fault Probe() EXCLUDES(mutex_);

 private:
  TokenConnection(Pkcs11Module& module, FoundToken token, std::uint64_t epoch,
                  std::size_t max_sessions, KeyUseLedger& ledger);
  Result<void> Login(const Secret& pin);
  bool TokenThere() EXCLUDES(mutex_);

  CK_FUNCTION_LIST& functions_;
  Mutex& admin_mutex_;
  const CK_SLOT_ID slot_;
  const TokenFacts facts_;
  const std::uint64_t epoch_;
  KeyUseLedger& ledger_;
  SessionPool sessions_;
  // Holds the login; never used to sign, so that no failed operation can cost it.
  CK_SESSION_HANDLE login_session_ = CK_INVALID_HANDLE;
  // Whether C_GetTokenInfo is a sign of life. SoftHSM on a store that it cannot write fails to note
  // the login there, and answers GENERAL_ERROR from then on although everything else works.
  bool info_tells_ = true;
  mutable Mutex mutex_;
  std::shared_ptr<const KeyIndex> keys_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::keystore
