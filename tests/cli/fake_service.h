// tests/cli/fake_service.h: a gRPC server on a Unix socket that answers what a test says and
// remembers what it was asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "certbroker/v1/account.grpc.pb.h"
#include "certbroker/v1/certificate.grpc.pb.h"
#include "certbroker/v1/order.grpc.pb.h"
#include "tests/cli/fake_agent_admin.h"
#include "tests/support/temp_dir.h"

namespace certbroker::cli {

struct FakeOrders final : v1::OrderService::Service {
  grpc::Status ListOrders(grpc::ServerContext*, const v1::ListOrdersRequest* request,
                          v1::ListOrdersResponse* response) override {
    list_requests.push_back(*request);
    *response = pages.at(list_requests.size() - 1);
    return grpc::Status::OK;
  }
  grpc::Status GetOrder(grpc::ServerContext*, const v1::GetOrderRequest* request,
                        v1::Order* response) override {
    *response = order;
    response->set_name(request->name());
    return get_status;
  }

  grpc::Status CancelOrder(grpc::ServerContext*, const v1::CancelOrderRequest* request,
                           v1::Order* response) override {
    cancel_request = *request;
    response->set_name(request->name());
    response->set_state(v1::ORDER_STATE_CANCELLED);
    return cancel_status;
  }

  std::vector<v1::ListOrdersResponse> pages;
  std::vector<v1::ListOrdersRequest> list_requests;
  v1::Order order;
  grpc::Status get_status;
  v1::CancelOrderRequest cancel_request;
  grpc::Status cancel_status;
};

struct FakeCertificates final : v1::CertificateService::Service {
  grpc::Status ListCertificates(grpc::ServerContext*, const v1::ListCertificatesRequest* request,
                                v1::ListCertificatesResponse* response) override {
    list_request = *request;
    *response = list;
    return grpc::Status::OK;
  }
  grpc::Status GetCertificate(grpc::ServerContext*, const v1::GetCertificateRequest* request,
                              v1::Certificate* response) override {
    *response = certificate;
    response->set_name(request->name());
    return grpc::Status::OK;
  }

  grpc::Status ExplainIssuance(grpc::ServerContext*, const v1::ExplainIssuanceRequest* request,
                               v1::Decision* response) override {
    question = *request;
    *response = decision;
    return grpc::Status::OK;
  }

  v1::ExplainIssuanceRequest question;
  v1::Decision decision;
  v1::ListCertificatesRequest list_request;
  v1::ListCertificatesResponse list;
  v1::Certificate certificate;
};

struct FakeAccounts final : v1::AccountService::Service {
  grpc::Status CreateAccount(grpc::ServerContext*, const v1::CreateAccountRequest* request,
                             v1::Account* response) override {
    create_request = *request;
    response->set_name(request->parent() + "/accounts/" + request->account_id());
    response->set_state(v1::Account::PENDING);
    return create_status;
  }
  grpc::Status UpdateAccount(grpc::ServerContext*, const v1::UpdateAccountRequest* request,
                             v1::Account* response) override {
    update_requests.push_back(*request);
    response->set_name(request->name());
    response->set_state(v1::Account::VALID);
    response->set_pending_change(v1::Account::CONTACTS);
    return grpc::Status::OK;
  }
  grpc::Status RolloverAccountKey(grpc::ServerContext*,
                                  const v1::RolloverAccountKeyRequest* request,
                                  v1::RolloverAccountKeyResponse* response) override {
    rollover_requests.push_back(*request);
    response->mutable_account()->set_name(request->name());
    response->mutable_account()->set_state(v1::Account::VALID);
    response->mutable_account()->set_thumbprint("old");
    if (!request->validate_only())
      response->mutable_account()->set_pending_change(v1::Account::KEY);
    response->mutable_present_key()->set_thumbprint("old");
    response->mutable_new_key()->set_thumbprint("new");
    response->add_warnings("Switch the web servers.");
    return grpc::Status::OK;
  }
  grpc::Status DeactivateAccount(grpc::ServerContext*, const v1::DeactivateAccountRequest* request,
                                 v1::Account* response) override {
    deactivate_requests.push_back(*request);
    response->set_name(request->name());
    response->set_state(v1::Account::VALID);
    response->set_pending_change(v1::Account::DEACTIVATION);
    return grpc::Status::OK;
  }
  grpc::Status GetAccount(grpc::ServerContext*, const v1::GetAccountRequest* request,
                          v1::Account* response) override {
    *response = account;
    response->set_name(request->name());
    return grpc::Status::OK;
  }

  v1::CreateAccountRequest create_request;
  grpc::Status create_status;
  std::vector<v1::UpdateAccountRequest> update_requests;
  std::vector<v1::DeactivateAccountRequest> deactivate_requests;
  std::vector<v1::RolloverAccountKeyRequest> rollover_requests;
  v1::Account account;
};

class FakeService {
 public:
  FakeService() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(&orders);
    builder.RegisterService(&certificates);
    builder.RegisterService(&accounts);
    builder.RegisterService(&agents);
    server_ = builder.BuildAndStart();
  }

  std::string address() const { return "unix:" + dir_.path() + "/operator.sock"; }

  FakeOrders orders;
  FakeCertificates certificates;
  FakeAccounts accounts;
  FakeAgentAdmin agents;

 private:
  TempDir dir_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace certbroker::cli
