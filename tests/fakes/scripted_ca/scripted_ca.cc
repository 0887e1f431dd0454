#include "tests/fakes/scripted_ca/scripted_ca.h"

#include <utility>

#include "tests/fakes/scripted_ca/ca.h"
#include "tests/fakes/scripted_ca/web_server.h"

namespace certbroker::scripted_ca {
namespace {

template <class List>
auto Copied(const List& list) {
  return std::vector<typename List::value_type>(list.begin(), list.end());
}

}  // namespace

Result<std::unique_ptr<ScriptedCa>> ScriptedCa::Start(Options options, Clock& clock,
                                                      Random& random) {
  ASSIGN_OR_RETURN(Listener listener, Listener::Bind(options.listen));
  const std::string host = options.host_name.empty() ? listener.host() : options.host_name;
  const std::string authority = options.host_name.empty()
                                    ? listener.authority()
                                    : host + ":" + std::to_string(listener.port());
  const TlsIdentity identity = MakeTlsIdentity(host, random);
  auto ca = std::make_unique<Ca>(std::move(options), "https://" + authority, clock, random);
  std::unique_ptr<ScriptedCa> scripted(new ScriptedCa(std::move(ca), identity.root_pem));
  ASSIGN_OR_RETURN(scripted->server_,
                   WebServer::Start(std::move(listener), identity, *scripted->ca_));
  return scripted;
}

ScriptedCa::ScriptedCa(std::unique_ptr<Ca> ca, std::string tls_root_pem)
    : tls_root_pem_(std::move(tls_root_pem)), ca_(std::move(ca)) {}
ScriptedCa::~ScriptedCa() = default;

std::string ScriptedCa::directory_url() const { return ca_->Url(Endpoint::kDirectory); }
const std::vector<std::string>& ScriptedCa::roots() const { return ca_->issuer.roots(); }
Script& ScriptedCa::script() { return ca_->script; }
const Record& ScriptedCa::record() const { return ca_->record; }

std::vector<Account> ScriptedCa::accounts() const {
  const MutexLock lock(ca_->mutex);
  return Copied(ca_->store.accounts());
}
std::vector<Authorization> ScriptedCa::authorizations() const {
  const MutexLock lock(ca_->mutex);
  return Copied(ca_->store.authorizations());
}
std::vector<Order> ScriptedCa::orders() const {
  const MutexLock lock(ca_->mutex);
  return Copied(ca_->store.orders());
}
std::vector<Certificate> ScriptedCa::certificates() const {
  const MutexLock lock(ca_->mutex);
  return Copied(ca_->store.certificates());
}

void ScriptedCa::SetRenewalInfo(const std::string& renewal_id, Response answer) {
  const MutexLock lock(ca_->mutex);
  ca_->renewal_answers[renewal_id] = std::move(answer);
}

bool ScriptedCa::Revoke(const std::string& serial, int reason) {
  const MutexLock lock(ca_->mutex);
  Certificate* certificate = ca_->store.FindCertificate(serial);
  if (certificate != nullptr) certificate->revoked = reason;
  return certificate != nullptr;
}

void ScriptedCa::Pause(Id account, const std::string& name) {
  const MutexLock lock(ca_->mutex);
  ca_->limits.Pause(account, name);
}

void ScriptedCa::Unpause(Id account) {
  const MutexLock lock(ca_->mutex);
  ca_->limits.Unpause(account);
}

void ScriptedCa::ChangeTerms(std::string url) {
  const MutexLock lock(ca_->mutex);
  ca_->terms = std::move(url);
}

void ScriptedCa::ForgetNonces() { ca_->nonces.ForgetAll(); }

}  // namespace certbroker::scripted_ca
