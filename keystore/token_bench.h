// keystore/token_bench.h: one token with bare sessions and logins, for trying it out.
//
// TokenConnection is for keys that serve: it needs a token as it should be. This works with what
// the token gives, and remembers what it refused.
#pragma once

#include <functional>

#include <p11-kit/pkcs11.h>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::keystore {

// Not thread-safe.
class TokenBench {
 public:
  // C_Finalize, C_Initialize, and the token's slot now.
  using Restart = std::function<Result<CK_SLOT_ID>()>;

  TokenBench(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, Secret pin, Restart restart);
  ~TokenBench();
  TokenBench(const TokenBench&) = delete;
  TokenBench& operator=(const TokenBench&) = delete;

  // A session that holds the login, C_Login, and a session to work in. A PIN that was refused is
  // not offered again. kHsmPinRefused, kHsmUnavailable, kHsmKeyRefused (for good).
  Result<void> LogIn();
  // Closes both sessions: the login ends with the last one.
  void Leave();
  // Leave, C_Finalize, C_Initialize, LogIn.
  Result<void> StartOver();

  CK_FUNCTION_LIST& functions() const { return functions_; }
  CK_SLOT_ID slot() const { return slot_; }
  bool logged_in() const { return logged_in_; }
  // To work in; after LogIn. May be the login's own.
  CK_SESSION_HANDLE session() const { return has_second() ? work_ : login_; }
  bool has_second() const { return second_ == CKR_OK; }

  // What the token answered at the last login.
  CK_RV second_session() const { return second_; }        // to a second session of any kind
  CK_RV writing_session() const { return writing_; }      // to one that may write
  CK_RV read_only_session() const { return read_only_; }  // to one that may not

  // As SessionPool opens them.
  CK_RV OpenSession(CK_SESSION_HANDLE* session);
  void CloseSession(CK_SESSION_HANDLE session) { functions_.C_CloseSession(session); }

 private:
  CK_RV Open(CK_FLAGS flags, CK_SESSION_HANDLE* session);
  CK_RV OpenForLogin();
  Result<void> OfferPin();
  Result<void> OpenForWork();
  Result<void> WorkInLoginSession();

  CK_FUNCTION_LIST& functions_;
  CK_SLOT_ID slot_;
  const Secret pin_;
  const Restart restart_;
  CK_SESSION_HANDLE login_ = CK_INVALID_HANDLE;
  CK_SESSION_HANDLE work_ = CK_INVALID_HANDLE;
  bool logged_in_ = false;
  bool pin_refused_ = false;
  CK_RV second_ = CKR_FUNCTION_FAILED;
  CK_RV writing_ = CKR_FUNCTION_FAILED;
  CK_RV read_only_ = CKR_FUNCTION_FAILED;
};

}  // namespace certbroker::keystore
