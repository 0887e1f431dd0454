#include "agent/service_link.h"

#include <utility>

#include "core/ids.h"

namespace certbroker::agent {

ServiceLink::ServiceLink(std::shared_ptr<grpc::Channel> channel, const Deps& deps,
                         std::optional<FileLock> use)
    : deps_(deps),
      use_(std::move(use)),
      channel_(std::move(channel)),
      certificates_(v1::CertificateService::NewStub(channel_)),
      orders_(v1::OrderService::NewStub(channel_)),
      sessions_(v1::AgentService::NewStub(channel_)),
      calls_({.clock = deps.clock,
              .random = deps.random,
              .stop = deps.stop,
              .why_unreachable = deps.why_unreachable}) {}

Error ServiceLink::Explained(Error error) const {
  if (error.reason() != Reason::kServiceUnreachable || !deps_.why_unreachable) return error;
  return deps_.why_unreachable().value_or(std::move(error));
}

std::string ServiceLink::NewRequestId() const {
  return Uuid::V7(deps_.clock.Now(), deps_.random).ToString();
}

}  // namespace certbroker::agent
