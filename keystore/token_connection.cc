#include "keystore/token_connection.h"

#include <algorithm>
#include <utility>

namespace certbroker::keystore {
namespace {

// One session of the token's is the login session.
std::size_t PoolLimit(std::size_t wanted, CK_ULONG token_limit) {
  return token_limit <= 1 ? wanted : std::min<std::size_t>(wanted, token_limit - 1);
}

}  // namespace

TokenConnection::TokenConnection(Pkcs11Module& module, FoundToken token, std::uint64_t epoch,
                                 std::size_t max_sessions)
    : functions_(module.functions()),
      admin_mutex_(module.admin_mutex()),
      slot_(token.slot),
      facts_(std::move(token.facts)),
      epoch_(epoch),
      sessions_(functions_, slot_, PoolLimit(max_sessions, token.max_sessions)) {}

Result<std::unique_ptr<TokenConnection>> TokenConnection::Open(Pkcs11Module& module,
                                                               FoundToken token, const Secret& pin,
                                                               std::uint64_t epoch,
                                                               std::size_t max_sessions) {
  std::unique_ptr<TokenConnection> connection(
      new TokenConnection(module, std::move(token), epoch, max_sessions));
  RETURN_IF_ERROR(connection->Login(pin));
  RETURN_IF_ERROR(connection->Rescan());
  return connection;
}

TokenConnection::~TokenConnection() {
  // No C_Logout: it would hold for everybody in the process. Closing our last session does it.
  if (login_session_ != CK_INVALID_HANDLE) functions_.C_CloseSession(login_session_);
}

Result<void> TokenConnection::Login(const Secret& pin) {
  CK_RV rv = functions_.C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &login_session_);
  if (rv != CKR_OK) return CallFailed("C_OpenSession", rv);
  const std::string_view text = pin.ExposeForUse();
  // PKCS#11 takes a pointer to non-const and does not write.
  auto* octets = reinterpret_cast<CK_UTF8CHAR_PTR>(const_cast<char*>(text.data()));
  rv = functions_.C_Login(login_session_, CKU_USER, octets, text.size());
  if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) return CallFailed("C_Login", rv);
  return {};
}

std::shared_ptr<const KeyIndex> TokenConnection::keys() const {
  const MutexLock lock(mutex_);
  return keys_;
}

Result<void> TokenConnection::Rescan() {
  const MutexLock admin(admin_mutex_);
  ASSIGN_OR_RETURN(KeyIndex fresh, KeyIndex::Build(functions_, login_session_));
  auto keys = std::make_shared<const KeyIndex>(std::move(fresh));
  const MutexLock lock(mutex_);
  keys_ = std::move(keys);
  return {};
}

Fault TokenConnection::Probe() {
  CK_TOKEN_INFO token{};
  if (functions_.C_GetTokenInfo(slot_, &token) != CKR_OK) return Fault::kToken;
  CK_SESSION_INFO session{};
  const CK_RV rv = functions_.C_GetSessionInfo(login_session_, &session);
  const bool logged_in = rv == CKR_OK && (session.state == CKS_RO_USER_FUNCTIONS ||
                                          session.state == CKS_RW_USER_FUNCTIONS);
  if (logged_in) return Fault::kNone;
  const Fault fault = Classify(rv);
  return fault == Fault::kNone || fault == Fault::kSession ? Fault::kLogin : fault;
}

}  // namespace certbroker::keystore
