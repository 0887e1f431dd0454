// keystore/trial_session.h: a session of its own for one thing that is tried, so that what goes
// wrong in it stays in it.
#pragma once

#include "keystore/token_bench.h"

namespace certbroker::keystore {

// On a token with one session at a time it is the bench's own. Where several threads work, each is
// opened and closed by the thread that has the bench.
class TrialSession {
 public:
  explicit TrialSession(TokenBench& bench) : bench_(bench), rv_(bench.OpenSession(&handle_)) {}
  ~TrialSession() {
    if (own()) bench_.CloseSession(handle_);
  }
  TrialSession(const TrialSession&) = delete;
  TrialSession& operator=(const TrialSession&) = delete;

  bool own() const { return rv_ == CKR_OK; }
  CK_RV rv() const { return rv_; }  // why it is not its own
  CK_SESSION_HANDLE handle() const { return own() ? handle_ : bench_.session(); }

 private:
  TokenBench& bench_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
  const CK_RV rv_;
};

}  // namespace certbroker::keystore
