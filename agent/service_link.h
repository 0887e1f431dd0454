// agent/service_link.h: the service, as the commands use it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/file_lock.h"
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
    // As client::Calls::Deps has it; empty: nobody knows.
    std::function<std::optional<Error>()> why_unreachable = {};
  };
  // Over a channel as client::Connect makes it, or a test's. `use`: held as long as this lives.
  ServiceLink(std::shared_ptr<grpc::Channel> channel, const Deps& deps,
              std::optional<FileLock> use = {});

  v1::CertificateService::StubInterface& certificates() const { return *certificates_; }
  v1::OrderService::StubInterface& orders() const { return *orders_; }
  v1::AgentService::StubInterface& sessions() const { return *sessions_; }
  const client::Calls& calls() const { return calls_; }

  Clock& clock() const { return deps_.clock; }
  Random& random() const { return deps_.random; }
  const std::stop_token& stop() const { return deps_.stop; }
  // Whether it goes by the identity that the host has joined with.
  bool uses_own_identity() const { return use_.has_value(); }
  // Why nobody was reached, where that can be told; else `error`.
  Error Explained(Error error) const;
  // A fresh request_id.
  std::string NewRequestId() const;

 private:
  const Deps deps_;
  const std::optional<FileLock> use_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::CertificateService::StubInterface> certificates_;
  const std::unique_ptr<v1::OrderService::StubInterface> orders_;
  const std::unique_ptr<v1::AgentService::StubInterface> sessions_;
  const client::Calls calls_;
};

}  // namespace certbroker::agent
