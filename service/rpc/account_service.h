// service/rpc/account_service.h: certbroker.v1.AccountService; operators only.
#pragma once

#include <functional>

#include "certbroker/v1/account.grpc.pb.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "service/rpc/unary_call.h"

namespace certbroker::rpc {

// As messages carry them.
using ContactList = google::protobuf::RepeatedPtrField<std::string>;

class AccountService final : public v1::AccountService::CallbackService {
 public:
  // Everything must outlive the server that the service is registered with.
  struct Deps {
    CallDeps calls;
    AccountStore& accounts;
    AccountKeys& keys;
    std::function<Result<std::string>(const IssuerId&)>
        directory_of;  // the configured directory URL of an issuer
  };
  explicit AccountService(Deps deps) : deps_(std::move(deps)) {}

  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context,
                                          const v1::CreateAccountRequest* request,
                                          v1::Account* response) override;
  grpc::ServerUnaryReactor* UpdateAccount(grpc::CallbackServerContext* context,
                                          const v1::UpdateAccountRequest* request,
                                          v1::Account* response) override;
  grpc::ServerUnaryReactor* DeactivateAccount(grpc::CallbackServerContext* context,
                                              const v1::DeactivateAccountRequest* request,
                                              v1::Account* response) override;
  grpc::ServerUnaryReactor* RolloverAccountKey(grpc::CallbackServerContext* context,
                                               const v1::RolloverAccountKeyRequest* request,
                                               v1::RolloverAccountKeyResponse* response) override;
  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const v1::GetAccountRequest* request,
                                       v1::Account* response) override;
  grpc::ServerUnaryReactor* ListAccounts(grpc::CallbackServerContext* context,
                                         const v1::ListAccountsRequest* request,
                                         v1::ListAccountsResponse* response) override;

 private:
  Result<v1::Account> Create(const Caller& caller, const v1::CreateAccountRequest& request);
  Result<v1::RolloverAccountKeyResponse> RollOver(const Caller& caller,
                                                  const v1::RolloverAccountKeyRequest& request);
  template <class Request>
  Result<v1::Account> Change(const Caller& caller, const Request& request, const char* method,
                             AccountChange change, const ContactList& given);

  const Deps deps_;
};

}  // namespace certbroker::rpc
