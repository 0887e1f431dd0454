#include "service/rpc/resource_names.h"

#include <fmt/format.h>

#include "core/account_name.h"

namespace certbroker::rpc {
namespace {

constexpr std::string_view kOrders = "orders/";
constexpr std::string_view kCertificates = "certificates/";
constexpr std::string_view kIssuers = "issuers/";
constexpr std::string_view kJoinTokens = "joinTokens/";
constexpr std::string_view kAgentCas = "agentCas/";

Error WrongForm(std::string_view field, std::string_view name, std::string_view form) {
  return InvalidField(field,
                      fmt::format("\"{}\" is not of the form {}", Printable(name, 120), form));
}

template <class Id>
Result<Id> ParseUuidName(std::string_view field, std::string_view name, std::string_view prefix,
                         std::string_view form) {
  if (name.starts_with(prefix)) {
    if (const auto id = Id::Parse(name.substr(prefix.size()))) return *id;
  }
  return WrongForm(field, name, form);
}

}  // namespace

Error InvalidField(std::string_view field, std::string_view why) {
  return Error(Reason::kInvalidArgument, fmt::format("{}: {}", field, why))
      .With({std::string(field), Reason::kInvalidArgument, std::string(why)});
}

Result<PageRequest> PageOf(int page_size, const std::string& page_token) {
  constexpr int kDefault = 100;
  constexpr int kMost = 1000;
  if (page_size < 0 || page_size > kMost) {
    return InvalidField("page_size", fmt::format("{} is not from 0 (which means {}) to {}",
                                                 page_size, kDefault, kMost));
  }
  return PageRequest{.size = page_size == 0 ? kDefault : page_size, .token = page_token};
}

std::string OrderName(OrderId id) { return std::string(kOrders) + id.ToString(); }
std::string CertificateName(CertificateId id) { return std::string(kCertificates) + id.ToString(); }
std::string IssuerName(const IssuerId& id) { return std::string(kIssuers) + id.ToString(); }

std::string JoinTokenName(JoinTokenId id) { return std::string(kJoinTokens) + id.ToString(); }
std::string AgentCaName(AgentCaId id) { return std::string(kAgentCas) + id.ToString(); }

Result<JoinTokenId> ParseJoinTokenName(std::string_view field, std::string_view name) {
  return ParseUuidName<JoinTokenId>(field, name, kJoinTokens, "joinTokens/{uuid}");
}

Result<AgentCaId> ParseAgentCaName(std::string_view field, std::string_view name) {
  return ParseUuidName<AgentCaId>(field, name, kAgentCas, "agentCas/{uuid}");
}

Result<OrderId> ParseOrderName(std::string_view field, std::string_view name) {
  return ParseUuidName<OrderId>(field, name, kOrders, "orders/{uuid}");
}

Result<CertificateId> ParseCertificateName(std::string_view field, std::string_view name) {
  return ParseUuidName<CertificateId>(field, name, kCertificates, "certificates/{uuid}");
}

Result<IssuerId> ParseIssuerName(std::string_view field, std::string_view name) {
  if (name.starts_with(kIssuers) && IsNamePart(name.substr(kIssuers.size()))) {
    return IssuerId(std::string(name.substr(kIssuers.size())));
  }
  return WrongForm(field, name, "issuers/{issuer}, {issuer} of a-z, 0-9 and '-'");
}

Result<AccountName> ParseAccountName(std::string_view field, std::string_view name) {
  AccountName account{std::string(name)};
  if (PartsOf(account)) return account;
  return WrongForm(field, name, "issuers/{issuer}/accounts/{account}");
}

Result<void> CheckAccountId(std::string_view field, std::string_view account_id) {
  if (IsNamePart(account_id)) return {};
  return WrongForm(field, account_id, "[a-z0-9-]{1,40}");
}

Result<RequestId> ParseRequestId(std::string_view text) {
  if (const auto id = RequestId::Parse(text)) return *id;
  return InvalidField("request_id",
                      "is required: a UUID that you make anew for each request and keep for its "
                      "repetitions");
}

}  // namespace certbroker::rpc
