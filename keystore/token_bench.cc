#include "keystore/token_bench.h"

#include <utility>

#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

constexpr CK_FLAGS kReadOnly = CKF_SERIAL_SESSION;
constexpr CK_FLAGS kWriting = CKF_SERIAL_SESSION | CKF_RW_SESSION;

}  // namespace

TokenBench::TokenBench(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, Secret pin, Restart restart)
    : functions_(functions), slot_(slot), pin_(std::move(pin)), restart_(std::move(restart)) {}

TokenBench::~TokenBench() { Leave(); }

CK_RV TokenBench::Open(CK_FLAGS flags, CK_SESSION_HANDLE* session) {
  return functions_.C_OpenSession(slot_, flags, nullptr, nullptr, session);
}

CK_RV TokenBench::OpenSession(CK_SESSION_HANDLE* session) {
  const CK_RV rv = Open(kReadOnly, session);
  return Classify(rv) == Fault::kFinal ? Open(kWriting, session) : rv;
}

CK_RV TokenBench::OpenForLogin() {
  read_only_ = Open(kReadOnly, &login_);
  if (Classify(read_only_) != Fault::kFinal) return read_only_;
  return Open(kWriting, &login_);
}

Result<void> TokenBench::OfferPin() {
  if (pin_refused_) {
    return Error(Reason::kHsmPinRefused,
                 "the token refused this PIN before; it is not offered again");
  }
  const std::string_view text = pin_.ExposeForUse();
  auto* octets = reinterpret_cast<CK_UTF8CHAR_PTR>(const_cast<char*>(text.data()));
  const CK_RV rv = functions_.C_Login(login_, CKU_USER, octets, text.size());
  if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) {
    pin_refused_ = Classify(rv) == Fault::kPin;
    return CallFailed("C_Login", rv);
  }
  logged_in_ = true;
  return {};
}

Result<void> TokenBench::LogIn() {
  const CK_RV rv = OpenForLogin();
  if (rv != CKR_OK) {
    login_ = CK_INVALID_HANDLE;
    return CallFailed("C_OpenSession", rv);
  }
  if (auto offered = OfferPin(); !offered) {
    Leave();
    return offered;
  }
  return OpenForWork();
}

Result<void> TokenBench::OpenForWork() {
  writing_ = second_ = Open(kWriting, &work_);
  if (second_ != CKR_OK) second_ = Open(kReadOnly, &work_);
  if (second_ == CKR_OK) return {};
  work_ = CK_INVALID_HANDLE;
  return WorkInLoginSession();
}

// A token with one session at a time: the same one for everything, if it may write.
Result<void> TokenBench::WorkInLoginSession() {
  Leave();
  writing_ = Open(kWriting, &login_);
  if (writing_ != CKR_OK) {
    const CK_RV rv = Open(kReadOnly, &login_);
    if (rv != CKR_OK) return CallFailed("C_OpenSession", rv);
  }
  return OfferPin();
}

void TokenBench::Leave() {
  if (work_ != CK_INVALID_HANDLE) CloseSession(std::exchange(work_, CK_INVALID_HANDLE));
  if (login_ != CK_INVALID_HANDLE) CloseSession(std::exchange(login_, CK_INVALID_HANDLE));
  logged_in_ = false;
}

Result<void> TokenBench::StartOver() {
  Leave();
  ASSIGN_OR_RETURN(slot_, restart_());
  return LogIn();
}

}  // namespace certbroker::keystore
