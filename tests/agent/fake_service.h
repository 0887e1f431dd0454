// tests/agent/fake_service.h: the service as an agent sees it, in this process: it remembers
// requests by their id, asks for one challenge per order over the session, and issues from a
// TinyRoot.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "certbroker/v1/agent.grpc.pb.h"
#include "certbroker/v1/certificate.grpc.pb.h"
#include "certbroker/v1/order.grpc.pb.h"
#include "tests/support/tiny_ca_signing.h"

namespace certbroker::agent {

// Thread-safe.
class FakeService final : public v1::CertificateService::Service,
                          public v1::OrderService::Service,
                          public v1::AgentService::Service {
 public:
  FakeService();
  ~FakeService() override;

  std::shared_ptr<grpc::Channel> Channel();
  const std::string& root_pem() const { return root_.pem(); }

  struct Script {
    // The answers to Issue and Renew, before there is an order; OK: none.
    grpc::Status refusal = grpc::Status::OK;
    // How orders end instead of being issued; code 0: they are issued.
    google::rpc::Status failure = {};
    bool hold_orders = false;      // they stay in VALIDATING
    bool deliver_another = false;  // the certificate is for a key that is not the CSR's
    // The answer to Cancel; OK: what is not final is cancelled.
    grpc::Status cancel_refusal = grpc::Status::OK;
    bool signing = false;  // Cancel comes too late: the order is FINALIZING by then
    int watches_to_break = 0;
    int sessions_to_break = 0;           // before they have been welcomed
    int welcomed_sessions_to_break = 0;  // after that
    grpc::Status session_end = {grpc::StatusCode::UNAVAILABLE, "broken"};  // what they break with
    std::vector<v1::PresentChallenge> challenges = {};  // sent when a session opens
    bool replace_identity = false;                      // said when a session opens
    std::function<void()> on_watch = {};                // a watch has sent its first state
    std::function<void()> on_serving = {};              // the agent has said SERVING
  };
  void Play(Script script);
  // What happens while no agent looks: every order comes to its end, or is lost.
  void FinishOrders();
  void ForgetOrders();

  std::vector<v1::IssueCertificateRequest> issues() const;
  std::vector<std::string> request_ids() const;  // of Issue and Renew, in their order
  std::vector<v1::CancelOrderRequest> cancellations() const;
  std::vector<v1::Hello> hellos() const;
  std::vector<v1::ChallengeReport::Outcome> reports() const;
  std::size_t orders() const;
  std::size_t renewals() const;

 private:
  struct Entry {
    v1::Order order;
    v1::Certificate certificate;
    std::string csr_der;
    bool wanted = false;  // somebody watches it, and its challenge is to be served
    bool served = false;
  };
  using Stream = grpc::ServerReaderWriter<v1::BrokerMessage, v1::AgentMessage>;

  // To the present session, if there is one. Not under mutex_: a write waits for its client.
  void Tell(const v1::BrokerMessage& message);

  grpc::Status IssueCertificate(grpc::ServerContext* context,
                                const v1::IssueCertificateRequest* request,
                                v1::Order* response) override;
  grpc::Status RenewCertificate(grpc::ServerContext* context,
                                const v1::RenewCertificateRequest* request,
                                v1::Order* response) override;
  grpc::Status GetCertificate(grpc::ServerContext* context,
                              const v1::GetCertificateRequest* request,
                              v1::Certificate* response) override;
  grpc::Status GetOrder(grpc::ServerContext* context, const v1::GetOrderRequest* request,
                        v1::Order* response) override;
  grpc::Status CancelOrder(grpc::ServerContext* context, const v1::CancelOrderRequest* request,
                           v1::Order* response) override;
  grpc::Status WatchOrder(grpc::ServerContext* context, const v1::WatchOrderRequest* request,
                          grpc::ServerWriter<v1::WatchOrderResponse>* writer) override;
  grpc::Status Session(grpc::ServerContext* context, Stream* stream) override;

  v1::Order Place(const std::string& request_id, const std::string& certificate,
                  const std::string& csr_der, const std::vector<std::string>& names);
  bool HasUnfinished(const std::string& certificate, const std::string& request_id) const;
  void Finish(Entry& entry);
  bool Take(int Script::*count);
  Script script() const;

  const TinyRoot root_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Script script_;
  std::map<std::string, Entry> entries_;  // by order name
  std::vector<v1::IssueCertificateRequest> issues_;
  std::vector<std::string> request_ids_;
  std::vector<v1::CancelOrderRequest> cancellations_;
  std::vector<v1::Hello> hellos_;
  std::vector<v1::ChallengeReport::Outcome> reports_;
  std::size_t renewals_ = 0;
  Stream* session_ = nullptr;
  std::mutex session_writes_;  // before mutex_
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace certbroker::agent
