#include "tests/service/rpc/test_client.h"

#include <chrono>

#include <grpcpp/create_channel.h>

namespace certbroker::rpc {
namespace {

template <class Response, class Stub, class Request>
Answer<Response> Ask(Stub& stub,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
  Call call;
  Answer<Response> answer;
  answer.status = (stub.*method)(&call, request, &answer.value);
  return answer;
}

std::shared_ptr<grpc::Channel> ChannelTo(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

template <class Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

Call::Call() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{10}); }

TestClient::TestClient(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)),
      orders_(v1::OrderService::NewStub(channel_)),
      certificates_(v1::CertificateService::NewStub(channel_)),
      accounts_(v1::AccountService::NewStub(channel_)),
      audit_(v1::AuditService::NewStub(channel_)),
      agents_(v1::AgentService::NewStub(channel_)) {}

TestClient::TestClient(const std::string& address,
                       const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : TestClient(ChannelTo(address, credentials)) {}

Answer<v1::Order> TestClient::Issue(const v1::IssueCertificateRequest& request) {
  return Ask(*certificates_, &v1::CertificateService::Stub::IssueCertificate, request);
}
Answer<v1::Decision> TestClient::Explain(const v1::ExplainIssuanceRequest& request) {
  return Ask(*certificates_, &v1::CertificateService::Stub::ExplainIssuance, request);
}

Answer<v1::Order> TestClient::Renew(const v1::RenewCertificateRequest& request) {
  return Ask(*certificates_, &v1::CertificateService::Stub::RenewCertificate, request);
}
Answer<v1::Certificate> TestClient::Revoke(const v1::RevokeCertificateRequest& request) {
  return Ask(*certificates_, &v1::CertificateService::Stub::RevokeCertificate, request);
}
Answer<v1::Certificate> TestClient::GetCertificate(const std::string& name) {
  return Ask(*certificates_, &v1::CertificateService::Stub::GetCertificate,
             Named<v1::GetCertificateRequest>(name));
}
Answer<v1::ListCertificatesResponse> TestClient::List(const v1::ListCertificatesRequest& request) {
  return Ask(*certificates_, &v1::CertificateService::Stub::ListCertificates, request);
}
Answer<v1::Order> TestClient::GetOrder(const std::string& name) {
  return Ask(*orders_, &v1::OrderService::Stub::GetOrder, Named<v1::GetOrderRequest>(name));
}
Answer<v1::ListOrdersResponse> TestClient::List(const v1::ListOrdersRequest& request) {
  return Ask(*orders_, &v1::OrderService::Stub::ListOrders, request);
}
Answer<v1::Order> TestClient::Cancel(const std::string& name, const std::string& request_id) {
  auto request = Named<v1::CancelOrderRequest>(name);
  request.set_request_id(request_id);
  return Ask(*orders_, &v1::OrderService::Stub::CancelOrder, request);
}
Answer<v1::Account> TestClient::Create(const v1::CreateAccountRequest& request) {
  return Ask(*accounts_, &v1::AccountService::Stub::CreateAccount, request);
}
Answer<v1::Account> TestClient::Update(const v1::UpdateAccountRequest& request) {
  return Ask(*accounts_, &v1::AccountService::Stub::UpdateAccount, request);
}
Answer<v1::RolloverAccountKeyResponse> TestClient::Rollover(
    const v1::RolloverAccountKeyRequest& request) {
  return Ask(*accounts_, &v1::AccountService::Stub::RolloverAccountKey, request);
}

Answer<v1::Account> TestClient::Deactivate(const v1::DeactivateAccountRequest& request) {
  return Ask(*accounts_, &v1::AccountService::Stub::DeactivateAccount, request);
}
Answer<v1::Account> TestClient::GetAccount(const std::string& name) {
  return Ask(*accounts_, &v1::AccountService::Stub::GetAccount, Named<v1::GetAccountRequest>(name));
}
Answer<v1::ListAccountsResponse> TestClient::List(const v1::ListAccountsRequest& request) {
  return Ask(*accounts_, &v1::AccountService::Stub::ListAccounts, request);
}
Answer<v1::ListCheckpointsResponse> TestClient::List(const v1::ListCheckpointsRequest& request) {
  return Ask(*audit_, &v1::AuditService::Stub::ListCheckpoints, request);
}
Answer<v1::ListKeyUsesResponse> TestClient::List(const v1::ListKeyUsesRequest& request) {
  return Ask(*audit_, &v1::AuditService::Stub::ListKeyUses, request);
}

grpc::Status TestClient::WatchOrder(const std::string& name) {
  Call call;
  const auto stream = orders_->WatchOrder(&call, Named<v1::WatchOrderRequest>(name));
  v1::WatchOrderResponse response;
  if (stream->Read(&response)) return {grpc::StatusCode::OK, "it has sent something"};
  return stream->Finish();
}

grpc::Status TestClient::WatchCertificate(const std::string& name) {
  Call call;
  const auto stream =
      certificates_->WatchCertificate(&call, Named<v1::WatchCertificateRequest>(name));
  v1::WatchCertificateResponse response;
  if (stream->Read(&response)) return {grpc::StatusCode::OK, "it has sent something"};
  return stream->Finish();
}

}  // namespace certbroker::rpc
