#include "keystore/token_connector.h"

#include <utility>

#include <fmt/format.h>

namespace certbroker::keystore {

TokenConnector::TokenConnector(Pkcs11Module& module, TokenAccess access)
    : module_(module), access_(std::move(access)) {}

Result<std::unique_ptr<TokenConnection>> TokenConnector::Connect(Fault why, std::uint64_t epoch) {
  // Before the module is touched: while the PIN is refused there is nothing to try.
  ASSIGN_OR_RETURN(const Secret pin, ReadPin());
  if (why == Fault::kLogin && second_login_works_) {
    auto connection = LogIn(pin, epoch);
    if (connection || connection.error().reason() == Reason::kHsmPinRefused) return connection;
    second_login_works_ = false;
  }
  module_.Finalize();
  RETURN_IF_ERROR(module_.Initialize());
  return LogIn(pin, epoch);
}

Result<Secret> TokenConnector::ReadPin() const {
  auto pin = access_.pin_file.Read();
  if (!pin) return Error(Reason::kHsmPinRefused, pin.error().detail());
  if (latch_.Refused(*pin)) {
    return Error(Reason::kHsmPinRefused,
                 fmt::format("the token refused this PIN before; it is not tried again until {} "
                             "holds another one, because tokens lock after a few tries",
                             Printable(access_.pin_file.text())));
  }
  return pin;
}

Result<std::unique_ptr<TokenConnection>> TokenConnector::LogIn(const Secret& pin,
                                                               std::uint64_t epoch) {
  ASSIGN_OR_RETURN(FoundToken token, module_.FindToken(access_.token));
  RETURN_IF_ERROR(CheckToken(token.facts));
  const std::string serial = token.facts.serial;
  auto connection =
      TokenConnection::Open(module_, std::move(token), pin, epoch, access_.max_sessions);
  if (connection) {
    serial_ = serial;
  } else if (connection.error().reason() == Reason::kHsmPinRefused) {
    latch_.Refuse(pin);
  }
  return connection;
}

Result<void> TokenConnector::CheckToken(const TokenFacts& facts) const {
  if (!serial_.empty() && facts.serial != serial_) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("{} was the token with serial {} and now is one with serial {}; put "
                             "the first one back, or restart to accept the new one",
                             Describe(access_.token), Printable(serial_), Printable(facts.serial)));
  }
  if (facts.user_pin_locked) {
    return Error(Reason::kHsmPinRefused,
                 fmt::format("{} is locked after too many wrong PINs; its security officer must "
                             "unlock it (C_InitPIN)",
                             Describe(access_.token)));
  }
  if (facts.user_pin_final_try) {
    return Error(Reason::kHsmPinRefused,
                 fmt::format("{} has one PIN try left, which is not spent on a guess; log in once "
                             "by hand with the right PIN (pkcs11-tool --login --test)",
                             Describe(access_.token)));
  }
  return {};
}

}  // namespace certbroker::keystore
