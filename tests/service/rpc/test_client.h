// tests/service/rpc/test_client.h: a client of the service: every unary call in one line, and the
// stubs for the streams.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>

#include "certbroker/v1/account.grpc.pb.h"
#include "certbroker/v1/agent.grpc.pb.h"
#include "certbroker/v1/audit.grpc.pb.h"
#include "certbroker/v1/certificate.grpc.pb.h"
#include "certbroker/v1/order.grpc.pb.h"

namespace certbroker::rpc {

// A call may last ten seconds, so that a hanging one fails its test.
struct Call : grpc::ClientContext {
  Call();
};

template <class Response>
struct Answer {
  grpc::Status status;
  Response value;
};

class TestClient {
 public:
  explicit TestClient(std::shared_ptr<grpc::Channel> channel);
  // A connection of its own.
  TestClient(const std::string& address,
             const std::shared_ptr<grpc::ChannelCredentials>& credentials);

  Answer<v1::Order> Issue(const v1::IssueCertificateRequest& request);
  Answer<v1::Decision> Explain(const v1::ExplainIssuanceRequest& request);
  Answer<v1::Order> Renew(const v1::RenewCertificateRequest& request);
  Answer<v1::Certificate> Revoke(const v1::RevokeCertificateRequest& request);
  Answer<v1::Certificate> GetCertificate(const std::string& name);
  Answer<v1::ListCertificatesResponse> List(const v1::ListCertificatesRequest& request);
  Answer<v1::Order> GetOrder(const std::string& name);
  Answer<v1::ListOrdersResponse> List(const v1::ListOrdersRequest& request);
  Answer<v1::Order> Cancel(const std::string& name, const std::string& request_id);
  Answer<v1::Account> Create(const v1::CreateAccountRequest& request);
  Answer<v1::Account> Update(const v1::UpdateAccountRequest& request);
  Answer<v1::Account> Deactivate(const v1::DeactivateAccountRequest& request);
  Answer<v1::RolloverAccountKeyResponse> Rollover(const v1::RolloverAccountKeyRequest& request);
  Answer<v1::Account> GetAccount(const std::string& name);
  Answer<v1::ListAccountsResponse> List(const v1::ListAccountsRequest& request);
  Answer<v1::ListKeyUsesResponse> List(const v1::ListKeyUsesRequest& request);
  Answer<v1::ListCheckpointsResponse> List(const v1::ListCheckpointsRequest& request);
  // What a watch ends with that is over before it has sent anything.
  grpc::Status WatchOrder(const std::string& name);
  grpc::Status WatchCertificate(const std::string& name);

  v1::OrderService::Stub& orders() { return *orders_; }
  v1::CertificateService::Stub& certificates() { return *certificates_; }
  v1::AgentService::Stub& agents() { return *agents_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::OrderService::Stub> orders_;
  std::unique_ptr<v1::CertificateService::Stub> certificates_;
  std::unique_ptr<v1::AccountService::Stub> accounts_;
  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<v1::AgentService::Stub> agents_;
};

}  // namespace certbroker::rpc
