// tests/agent/identity_service.h: a service with an agent CA, on a TLS port of this process: it
// lets everybody in and renews everything, unless the script says otherwise.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "certbroker/v1/agent.grpc.pb.h"
#include "client/join_token.h"
#include "core/clock.h"
#include "tests/support/test_certificates.h"

namespace certbroker::agent {

// The machine's clock, some time ahead of it or behind.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(std::chrono::seconds shift = {}) : shift_(shift) {}
  Time Now() const override { return real_.Now() + shift_; }
  SteadyTime Tick() const override { return real_.Tick(); }
  void Shift(std::chrono::seconds by) { shift_ = by; }

 private:
  const SystemClock real_;
  std::chrono::seconds shift_;
};

// Thread-safe.
class IdentityService final : public v1::AgentService::Service {
 public:
  static constexpr const char* kAgent = "spiffe://example.org/agent/web-01";
  static constexpr std::chrono::seconds kLifetime{3600};  // from now on; renewal after half of it

  explicit IdentityService(const LeafOptions& server = {});
  ~IdentityService() override;

  struct Script {
    grpc::Status enroll = grpc::Status::OK;  // after the request has been noted
    grpc::Status renew = grpc::Status::OK;
    bool another_key = false;  // the certificate is for a key that nobody asked for
  };
  void Play(Script script);

  const std::string& address() const { return address_; }
  // A token for this service, with these addresses; empty: its own.
  client::JoinLine Token(std::vector<std::string> addresses = {}) const;

  struct Request {
    Bytes csr_der;
    std::string peer_pem;     // what the client showed; empty: nothing
    std::string client_time;  // metadata
    std::string client_version;
  };
  std::vector<Request> enrolments() const;
  std::vector<Request> renewals() const;

 private:
  grpc::Status Enroll(grpc::ServerContext* context, const v1::EnrollRequest* request,
                      v1::AgentIdentity* response) override;
  grpc::Status RenewIdentity(grpc::ServerContext* context, const v1::RenewIdentityRequest* request,
                             v1::AgentIdentity* response) override;
  v1::AgentIdentity Issue(const Bytes& csr_der) const;

  const TestCertificate ca_ = MakeTestCa();
  std::string address_;
  mutable std::mutex mutex_;
  Script script_;
  std::vector<Request> enrolments_;
  std::vector<Request> renewals_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace certbroker::agent
