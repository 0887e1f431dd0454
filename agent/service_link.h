// agent/service_link.h: the service, as the commands use it.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "certbroker/v1/agent.grpc.pb.h"
#include "certbroker/v1/certificate.grpc.pb.h"
#include "certbroker/v1/order.grpc.pb.h"
#include "client/calls.h"
#include "client/channel.h"
#include "core/clock.h"
#include "core/random.h"

namespace certbroker::agent {

// Thread-safe.
class ServiceLink {
 public:
  struct Deps {
    Clock& clock;
    Random& random;
    std::stop_token stop;
  };
  // Over a channel as client::Connect makes it, or a test's.
  ServiceLink(std::shared_ptr<grpc::Channel> channel, const Deps& deps);

  v1::CertificateService::StubInterface& certificates() const { return *certificates_; }
  v1::OrderService::StubInterface& orders() const { return *orders_; }
  v1::AgentService::StubInterface& sessions() const { return *sessions_; }
  const client::Calls& calls() const { return calls_; }

  Clock& clock() const { return deps_.clock; }
  Random& random() const { return deps_.random; }
  const std::stop_token& stop() const { return deps_.stop; }
  // A fresh request_id.
  std::string NewRequestId() const;

 private:
  const Deps deps_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::CertificateService::StubInterface> certificates_;
  const std::unique_ptr<v1::OrderService::StubInterface> orders_;
  const std::unique_ptr<v1::AgentService::StubInterface> sessions_;
  const client::Calls calls_;
};

}  // namespace certbroker::agent
