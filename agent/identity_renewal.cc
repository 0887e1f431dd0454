#include "agent/identity_renewal.h"

#include <fmt/format.h>

#include "agent/service_check.h"
#include "certbroker/v1/agent.grpc.pb.h"
#include "client/channel.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

// A command that has a valid identity is not kept waiting for long.
constexpr client::CallLimits kWhileValid{.deadline = milliseconds{10'000},
                                         .unreachable = milliseconds{2'000}};

}  // namespace

Result<bool> IdentityRenewal::Run(const FileLock& uses, bool asked) const {
  ASSIGN_OR_RETURN(const auto identity, deps_.store.Load());
  const Time now = deps_.clock.Now();
  if (!identity || (!asked && now < identity->renew_time)) return false;
  ASSIGN_OR_RETURN(const FileLock changes, deps_.store.changes());
  ASSIGN_OR_RETURN(const bool first, changes.Try(FileLock::Hold::kAlone));
  if (!first) return false;
  ASSIGN_OR_RETURN(const bool alone, uses.Try(FileLock::Hold::kAlone));
  if (!alone && !identity->Urgent(now)) return false;
  return RunAlone(*identity, asked);
}

Result<bool> IdentityRenewal::RunAlone(const HostIdentity& seen, bool asked) const {
  ASSIGN_OR_RETURN(const auto identity, deps_.store.Load());
  // Somebody was quicker: what was seen is not the identity any more.
  const bool still_due = identity && (asked ? identity->expire_time == seen.expire_time
                                            : deps_.clock.Now() >= identity->renew_time);
  if (!still_due) return false;
  ASSIGN_OR_RETURN(const HostKey key, HostKey::Generate(pki::KeyType::kEcP256));
  ASSIGN_OR_RETURN(const Bytes csr, key.MakeCsr({}));
  ASSIGN_OR_RETURN(const v1::AgentIdentity issued, Ask(*identity, csr));
  const auto saved = deps_.store.Save(
      key, issued, {.addresses = identity->addresses, .join_token = identity->join_token});
  if (!saved) return saved.error();
  return true;
}

Result<v1::AgentIdentity> IdentityRenewal::Ask(const HostIdentity& identity,
                                               const Bytes& csr) const {
  ASSIGN_OR_RETURN(const client::Identity shown,
                   client::ReadIdentity(deps_.store.files(), client::Dates::kIgnored));
  const client::CallLimits limits =
      deps_.clock.Now() < identity.expire_time ? kWhileValid : client::CallLimits();
  std::optional<Error> failure;
  for (const std::string& address : identity.addresses) {
    auto issued = AskAt(address, shown, limits, csr);
    if (issued || issued.error().reason() != Reason::kServiceUnreachable) return issued;
    failure = std::move(issued).error();
  }
  return *std::move(failure);
}

Result<v1::AgentIdentity> IdentityRenewal::AskAt(const std::string& address,
                                                 const client::Identity& identity,
                                                 const client::CallLimits& limits,
                                                 const Bytes& csr) const {
  ASSIGN_OR_RETURN(auto channel, client::Connect(address, identity));
  const auto service = v1::AgentService::NewStub(std::move(channel));
  const client::Calls calls(
      {.clock = deps_.clock,
       .random = deps_.random,
       .stop = deps_.stop,
       .why_unreachable = [this, &address] { return WhyUnreachable(address, deps_.clock); }},
      limits);
  v1::RenewIdentityRequest request;
  request.set_csr_der(std::string(AsText(csr)));
  return calls.Unary<v1::AgentService::StubInterface>(
      *service, &v1::AgentService::StubInterface::RenewIdentity, request);
}

Error ExpiredForGood(const HostIdentity& identity, const Error& why) {
  const std::string_view id = identity.spiffe_id;
  return {why.reason(),
          fmt::format("the identity {} expired at {} and could not be renewed: {}. If that stays "
                      "so, an operator runs 'certbroker tokens create --agent {}', and this host "
                      "'certbroker-agent join --replace' with that token",
                      id, client::TimeText(identity.expire_time), why.detail(),
                      id.substr(id.rfind('/') + 1))};
}

}  // namespace certbroker::agent
