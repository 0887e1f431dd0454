#include "keystore/token_connector.h"

#include <utility>

#include <fmt/format.h>

namespace certbroker::keystore {

TokenConnector::TokenConnector(SharedModule& module, SharedModule::Tenant& tenant,
                               TokenAccess access, KeyUseLedger& ledger)
    : module_(module), tenant_(&tenant), access_(std::move(access)), ledger_(ledger) {}

TokenConnector::TokenConnector(Pkcs11Module& module, TokenAccess access, KeyUseLedger& ledger)
    : sole_(std::make_unique<SharedModule>(module)),
      module_(*sole_),
      tenant_(nullptr),
      access_(std::move(access)),
      ledger_(ledger) {}

Result<std::unique_ptr<TokenConnection>> TokenConnector::Connect(Fault why, std::uint64_t epoch) {
  ASSIGN_OR_RETURN(Visited visited, Connect(Effort{why, true, SteadyTime::max()}, epoch));
  return std::move(visited.connection);
}

Result<TokenConnector::Visited> TokenConnector::Connect(const Effort& effort, std::uint64_t epoch) {
  // Before the module is touched: while the PIN is refused there is nothing to try.
  auto pin = ReadPin();
  blocked_by_file_ = !pin;
  if (!pin) return pin.error();
  if (LoginWillDo(effort)) {
    const bool again = generation_ == module_.generation();
    auto visited = LogIn(*pin, epoch, effort.deadline);
    if (visited || visited.error().reason() == Reason::kHsmPinRefused) return visited;
    if (!effort.may_start_over) return visited;
    if (again) second_login_works_ = false;
  }
  ASSIGN_OR_RETURN(const bool fresh, StartOver(effort));
  auto visited = LogIn(*pin, epoch, effort.deadline);
  if (visited || fresh) return visited;
  return std::move(visited).error().While(
      "the PKCS#11 module must be started over, but a call into it does not return");
}

bool TokenConnector::LoginWillDo(const Effort& effort) const {
  if (module_.generation() == 0) return false;
  // Somebody else has started it over: that was all there is to do.
  if (module_.generation() != generation_) return true;
  return !effort.may_start_over || (effort.why == Fault::kLogin && second_login_works_);
}

Result<bool> TokenConnector::StartOver(const Effort& effort) {
  return module_.StartOver(tenant_, module_.generation(), effort.deadline);
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

Result<TokenConnector::Visited> TokenConnector::LogIn(const Secret& pin, std::uint64_t epoch,
                                                      SteadyTime deadline) {
  auto pass = module_.Visit(deadline);
  if (!pass) {
    return Error(Reason::kHsmUnavailable,
                 "the PKCS#11 module is being started over; try again later");
  }
  generation_ = module_.generation();
  ASSIGN_OR_RETURN(FoundToken token, module_.FindToken(access_.token));
  RETURN_IF_ERROR(CheckToken(token.facts));
  const std::string serial = token.facts.serial;
  auto connection = TokenConnection::Open(module_.module(), std::move(token), pin, epoch,
                                          access_.max_sessions, ledger_);
  if (!connection) {
    if (connection.error().reason() == Reason::kHsmPinRefused) {
      latch_.Refuse(pin);
      blocked_by_file_ = true;
    }
    return connection.error();
  }
  serial_ = serial;
  return Visited{std::move(*pass), *std::move(connection)};
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
