#include "service/rpc/account_service.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/account_name.h"
#include "service/rpc/convert.h"
#include "service/rpc/request_body.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {
namespace {

constexpr std::string_view kMailto = "mailto:";
constexpr std::size_t kMaxContacts = 10;
constexpr std::size_t kMaxContact = 320;

// RFC 8555 §7.3: contacts are URLs; every CA takes mailto, with one address and no hfields (RFC
// 6068).
Result<std::vector<std::string>> ReadContacts(const ContactList& given, const std::string& field) {
  std::vector<std::string> contacts(given.begin(), given.end());
  if (contacts.size() > kMaxContacts) return InvalidField(field, "more than 10");
  for (const std::string& contact : contacts) {
    const bool plain = std::ranges::all_of(contact, [](char c) {
      return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '?' && c != ',';
    });
    if (!plain || contact.size() > kMaxContact || !contact.starts_with(kMailto) ||
        contact.find('@') == std::string::npos) {
      return InvalidField(
          field, fmt::format("\"{}\" is not of the form mailto:name@example.com with one address",
                             Printable(contact, 120)));
    }
  }
  return contacts;
}

// What others may have to do about a roll-over (RFC 8555 §8.1, §8.3).
v1::RolloverAccountKeyResponse Rollover(const Account& account, const AccountKey& present,
                                        const std::optional<AccountKey>& next) {
  v1::RolloverAccountKeyResponse response;
  *response.mutable_account() = ToProto(account);
  *response.mutable_present_key() = ToProto(present);
  if (!next) return response;
  *response.mutable_new_key() = ToProto(*next);
  response.add_warnings(fmt::format(
      "Web servers that answer http-01 by themselves, with the thumbprint {} behind every token, "
      "must answer with {} from the roll-over on: one answer fits one key only. Prepare that now, "
      "and switch them when the roll-over is over, before the next order for their names.",
      present.thumbprint, next->thumbprint));
  response.add_warnings(fmt::format(
      "The account's URL stays {}: dns-account-01 labels, dns-persist-01 records and CAA records "
      "with accounturi (RFC 8657) need no change.",
      account.account_url.ToString()));
  response.add_warnings(
      "Orders of the account wait until the roll-over is over, mostly for seconds. Certificates "
      "that are issued stay valid.");
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* AccountService::CreateAccount(grpc::CallbackServerContext* context,
                                                        const v1::CreateAccountRequest* request,
                                                        v1::Account* response) {
  return AnswerUnary(context, deps_.calls, "CreateAccount", response,
                     [this, request](const Caller& caller) { return Create(caller, *request); });
}

Result<v1::Account> AccountService::Create(const Caller& caller,
                                           const v1::CreateAccountRequest& request) {
  RETURN_IF_ERROR(RequireOperator(caller));
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  Account account;
  ASSIGN_OR_RETURN(account.issuer, ParseIssuerName("parent", request.parent()));
  const std::string account_id = request.account_id().empty() ? "main" : request.account_id();
  RETURN_IF_ERROR(CheckAccountId("account_id", account_id));
  account.name = MakeAccountName(account.issuer, account_id);
  ASSIGN_OR_RETURN(account.directory_url, deps_.directory_of(account.issuer));
  ASSIGN_OR_RETURN(account.contacts,
                   ReadContacts(request.account().contacts(), "account.contacts"));
  if (!request.terms_of_service_agreed()) {
    return InvalidField(
        "terms_of_service_agreed",
        fmt::format("must be true: read the terms that {} names, then say --agree-tos",
                    account.directory_url));
  }
  account.terms_of_service_agreed = true;
  ASSIGN_OR_RETURN(const AccountKey key,
                   deps_.keys.Find(request.account().key_uri(), account.name));
  account.key_uri = key.uri;
  account.algorithm = key.algorithm;
  account.thumbprint = key.thumbprint;
  account.key_label = key.label;
  ASSIGN_OR_RETURN(const Account created,
                   deps_.accounts.Create(
                       account, {caller.id, request_id, "CreateAccount", RequestBody(request)}));
  return ToProto(created);
}

// Of UpdateAccountRequest or DeactivateAccountRequest.
template <class Request>
Result<v1::Account> AccountService::Change(const Caller& caller, const Request& request,
                                           const char* method, AccountChange change,
                                           const ContactList& given) {
  RETURN_IF_ERROR(RequireOperator(caller));
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  ASSIGN_OR_RETURN(const AccountName name, ParseAccountName("name", request.name()));
  ASSIGN_OR_RETURN(const auto contacts, ReadContacts(given, "contacts"));
  ASSIGN_OR_RETURN(const Account changed,
                   deps_.accounts.Change(name, change, contacts,
                                         {caller.id, request_id, method, RequestBody(request)}));
  return ToProto(changed);
}

grpc::ServerUnaryReactor* AccountService::UpdateAccount(grpc::CallbackServerContext* context,
                                                        const v1::UpdateAccountRequest* request,
                                                        v1::Account* response) {
  return AnswerUnary(context, deps_.calls, "UpdateAccount", response,
                     [this, request](const Caller& caller) {
                       return Change(caller, *request, "UpdateAccount", AccountChange::kContacts,
                                     request->contacts());
                     });
}

grpc::ServerUnaryReactor* AccountService::DeactivateAccount(
    grpc::CallbackServerContext* context, const v1::DeactivateAccountRequest* request,
    v1::Account* response) {
  return AnswerUnary(
      context, deps_.calls, "DeactivateAccount", response, [this, request](const Caller& caller) {
        return Change(caller, *request, "DeactivateAccount", AccountChange::kDeactivation, {});
      });
}

grpc::ServerUnaryReactor* AccountService::RolloverAccountKey(
    grpc::CallbackServerContext* context, const v1::RolloverAccountKeyRequest* request,
    v1::RolloverAccountKeyResponse* response) {
  return AnswerUnary(context, deps_.calls, "RolloverAccountKey", response,
                     [this, request](const Caller& caller) { return RollOver(caller, *request); });
}

Result<v1::RolloverAccountKeyResponse> AccountService::RollOver(
    const Caller& caller, const v1::RolloverAccountKeyRequest& request) {
  RETURN_IF_ERROR(RequireOperator(caller));
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  ASSIGN_OR_RETURN(const AccountName name, ParseAccountName("name", request.name()));
  const RequestKey key{caller.id, request_id, "RolloverAccountKey", RequestBody(request)};
  // Before the HSM is asked: the spare that the first call took is none any more.
  ASSIGN_OR_RETURN(const auto answered, deps_.accounts.Answered(key));
  if (answered) return Rollover(*answered, answered->key(), answered->wanted_key);
  ASSIGN_OR_RETURN(const Account account, deps_.accounts.Get(name));
  ASSIGN_OR_RETURN(const RolloverKeys keys, deps_.keys.FindNext(account, request.key_uri()));
  ASSIGN_OR_RETURN(const Account now, request.validate_only()
                                          ? deps_.accounts.TryKey(name, keys)
                                          : deps_.accounts.WantKey(name, keys, key));
  return Rollover(now, keys.present, keys.next);
}

grpc::ServerUnaryReactor* AccountService::GetAccount(grpc::CallbackServerContext* context,
                                                     const v1::GetAccountRequest* request,
                                                     v1::Account* response) {
  return AnswerUnary(context, deps_.calls, "GetAccount", response,
                     [this, request](const Caller& caller) -> Result<v1::Account> {
                       RETURN_IF_ERROR(RequireOperator(caller));
                       ASSIGN_OR_RETURN(const AccountName name,
                                        ParseAccountName("name", request->name()));
                       ASSIGN_OR_RETURN(const Account account, deps_.accounts.Get(name));
                       return ToProto(account);
                     });
}

grpc::ServerUnaryReactor* AccountService::ListAccounts(grpc::CallbackServerContext* context,
                                                       const v1::ListAccountsRequest* request,
                                                       v1::ListAccountsResponse* response) {
  return AnswerUnary(context, deps_.calls, "ListAccounts", response,
                     [this, request](const Caller& caller) -> Result<v1::ListAccountsResponse> {
                       RETURN_IF_ERROR(RequireOperator(caller));
                       ASSIGN_OR_RETURN(const auto page,
                                        PageOf(request->page_size(), request->page_token()));
                       ASSIGN_OR_RETURN(const auto found, deps_.accounts.List(page));
                       v1::ListAccountsResponse list;
                       for (const Account& account : found.items)
                         *list.add_accounts() = ToProto(account);
                       list.set_next_page_token(found.next_token);
                       return list;
                     });
}

}  // namespace certbroker::rpc
