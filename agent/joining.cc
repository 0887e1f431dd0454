#include "agent/joining.h"

#include <utility>

#include <fmt/format.h>

#include "agent/service_check.h"
#include "agent/service_handshake.h"
#include "certbroker/v1/agent.grpc.pb.h"
#include "client/calls.h"
#include "client/channel.h"
#include "client/time_text.h"

namespace certbroker::agent {

Result<HostIdentity> Joining::Run(const client::JoinLine& line, bool replace) const {
  RETURN_IF_ERROR(deps_.store.Prepare());
  ASSIGN_OR_RETURN(const FileLock changes, deps_.store.changes());
  ASSIGN_OR_RETURN(const bool alone, changes.Try(FileLock::Hold::kAlone));
  if (!alone) {
    return Error(Reason::kFileUnusable,
                 fmt::format("another certbroker-agent is joining or renewing in {}; wait until it "
                             "has ended",
                             Printable(deps_.store.folder().string())));
  }
  ASSIGN_OR_RETURN(auto joined, Joined(line, replace));
  if (!joined) {
    ASSIGN_OR_RETURN(const HostKey key, deps_.store.JoinKey());
    ASSIGN_OR_RETURN(const Bytes csr, key.MakeCsr({}));
    ASSIGN_OR_RETURN(const v1::AgentIdentity issued, Enroll(line, csr));
    ASSIGN_OR_RETURN(
        joined, deps_.store.Save(key, issued,
                                 {.addresses = line.addresses, .join_token = line.id.ToString()}));
  }
  RETURN_IF_ERROR(deps_.store.ForgetJoinKey());
  return *std::move(joined);
}

Result<std::optional<HostIdentity>> Joining::Joined(const client::JoinLine& line,
                                                    bool replace) const {
  auto there = deps_.store.Load();
  if (!there) {
    if (replace) return std::optional<HostIdentity>();
    return there;
  }
  if (!*there) return there;
  if ((*there)->join_token == line.id.ToString()) return there;
  if (replace) return std::optional<HostIdentity>();
  return Error(Reason::kAlreadyExists,
               fmt::format("this host is {} already, until {} ({}); --replace gives that identity "
                           "up for the token's",
                           (*there)->spiffe_id, client::TimeText((*there)->expire_time),
                           Printable(deps_.store.folder().string())));
}

Result<v1::AgentIdentity> Joining::Enroll(const client::JoinLine& line, const Bytes& csr) const {
  Error failure(Reason::kJoinTokenInvalid, "the join token names no address of the service");
  for (const std::string& address : line.addresses) {
    auto issued = EnrollAt(address, line, csr);
    if (issued || issued.error().reason() != Reason::kServiceUnreachable) return issued;
    failure = std::move(issued).error();
  }
  return failure;
}

Result<v1::AgentIdentity> Joining::EnrollAt(const std::string& address,
                                            const client::JoinLine& line, const Bytes& csr) const {
  ASSIGN_OR_RETURN(const auto chain, ChainShownBy(address, deps_.clock));
  ASSIGN_OR_RETURN(const pki::Certificate ca, FindPinned(chain, line.ca_sha256, address));
  ASSIGN_OR_RETURN(auto channel, client::ConnectUnknown(address, ca.ToPem()));
  const auto service = v1::AgentService::NewStub(std::move(channel));
  const client::Calls calls({.clock = deps_.clock,
                             .random = deps_.random,
                             .stop = deps_.stop,
                             .why_unreachable = [&]() -> std::optional<Error> {
                               const auto dates = CheckDates(chain, address, deps_.clock);
                               if (dates) return std::nullopt;
                               return dates.error();
                             }});
  v1::EnrollRequest request;
  request.set_join_token(line.id.ToString());
  request.set_secret(std::string(line.secret.ExposeForUse()));
  request.set_csr_der(std::string(AsText(csr)));
  return calls.Unary<v1::AgentService::StubInterface>(
      *service, &v1::AgentService::StubInterface::Enroll, request);
}

}  // namespace certbroker::agent
