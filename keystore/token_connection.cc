#include "keystore/token_connection.h"

#include <algorithm>
#include <utility>

#include "keystore/objects.h"

namespace certbroker::keystore {
namespace {

// One session of the token's is the login session.
std::size_t PoolLimit(std::size_t wanted, CK_ULONG token_limit) {
  return token_limit <= 1 ? wanted : std::min<std::size_t>(wanted, token_limit - 1);
}

// Before a key is in sight no answer is about a key.
Result<void> AboutToken(const Result<void>& done) {
  if (done || done.error().reason() != Reason::kHsmKeyRefused) return done;
  return Error(Reason::kHsmUnavailable, done.error().detail());
}

}  // namespace

TokenConnection::TokenConnection(Pkcs11Module& module, FoundToken token, std::uint64_t epoch,
                                 std::size_t max_sessions, KeyUseLedger& ledger)
    : functions_(module.functions()),
      admin_mutex_(module.admin_mutex()),
      slot_(token.slot),
      facts_(std::move(token.facts)),
      epoch_(epoch),
      ledger_(ledger),
      sessions_(functions_, slot_, PoolLimit(max_sessions, token.max_sessions)) {}

Result<std::unique_ptr<TokenConnection>> TokenConnection::Open(Pkcs11Module& module,
                                                               FoundToken token, const Secret& pin,
                                                               std::uint64_t epoch,
                                                               std::size_t max_sessions,
                                                               KeyUseLedger& ledger) {
  std::unique_ptr<TokenConnection> connection(
      new TokenConnection(module, std::move(token), epoch, max_sessions, ledger));
  RETURN_IF_ERROR(AboutToken(connection->Login(pin)));
  RETURN_IF_ERROR(AboutToken(connection->Rescan()));
  CK_TOKEN_INFO info{};
  connection->info_tells_ =
      connection->functions_.C_GetTokenInfo(connection->slot_, &info) == CKR_OK;
  return connection;
}

TokenConnection::~TokenConnection() {
  // No C_Logout: it would hold for everybody in the process. Closing our last session does it.
  if (login_session_ != CK_INVALID_HANDLE) functions_.C_CloseSession(login_session_);
}

Result<void> TokenConnection::Login(const Secret& pin) {
  CK_RV rv = OpenSession(functions_, slot_, &login_session_);
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
  if (!TokenThere()) return Fault::kToken;
  CK_SESSION_INFO session{};
  const CK_RV rv = functions_.C_GetSessionInfo(login_session_, &session);
  const bool logged_in = rv == CKR_OK && (session.state == CKS_RO_USER_FUNCTIONS ||
                                          session.state == CKS_RW_USER_FUNCTIONS);
  if (logged_in) return Fault::kNone;
  const Fault fault = Classify(rv);
  return fault == Fault::kNone || fault == Fault::kSession ? Fault::kLogin : fault;
}

bool TokenConnection::TokenThere() {
  CK_TOKEN_INFO info{};
  const CK_RV rv = functions_.C_GetTokenInfo(slot_, &info);
  if (rv == CKR_OK || info_tells_) return rv == CKR_OK;
  // A token that is gone has no keys; one that had none at the last scan cannot be asked.
  const bool had_keys = !keys()->keys().empty();
  constexpr CK_OBJECT_CLASS kPrivateKey = CKO_PRIVATE_KEY;
  const MutexLock admin(admin_mutex_);
  const FoundObjects found =
      FindObjects(functions_, login_session_, {AttributeOf(CKA_CLASS, kPrivateKey)});
  return found.rv == CKR_OK && (!had_keys || !found.handles.empty());
}

}  // namespace certbroker::keystore
