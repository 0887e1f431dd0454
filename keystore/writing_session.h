// keystore/writing_session.h: a session that may write to the token, closed at the end.
#pragma once

#include <p11-kit/pkcs11.h>

namespace certbroker::keystore {

// Logged in exactly when the process is. One thread.
class WritingSession {
 public:
  WritingSession(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot)
      : functions_(functions),
        rv_(functions_.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                     &handle_)) {}
  ~WritingSession() {
    if (rv_ == CKR_OK) functions_.C_CloseSession(handle_);
  }
  WritingSession(const WritingSession&) = delete;
  WritingSession& operator=(const WritingSession&) = delete;

  CK_RV rv() const { return rv_; }  // CKR_OK: there is a handle
  CK_SESSION_HANDLE handle() const { return handle_; }

 private:
  CK_FUNCTION_LIST& functions_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
  const CK_RV rv_;
};

}  // namespace certbroker::keystore
