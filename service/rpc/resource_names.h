// service/rpc/resource_names.h: resource names of the API (AIP-122), made and read in one place;
// accounts' with core/account_name.h, because programs without the API know them too.
#pragma once

#include <string>
#include <string_view>

#include "core/agent.h"
#include "core/ids.h"
#include "core/page.h"
#include "core/result.h"

namespace certbroker::rpc {

std::string OrderName(OrderId id);              // "orders/{order}"
std::string CertificateName(CertificateId id);  // "certificates/{certificate}"
std::string IssuerName(const IssuerId& id);     // "issuers/{issuer}"
std::string JoinTokenName(JoinTokenId id);      // "joinTokens/{joinToken}"
std::string AgentCaName(AgentCaId id);          // "agentCas/{agentCa}"

// Each: kInvalidArgument naming `field` and the form that was expected.
Result<OrderId> ParseOrderName(std::string_view field, std::string_view name);
Result<CertificateId> ParseCertificateName(std::string_view field, std::string_view name);
Result<JoinTokenId> ParseJoinTokenName(std::string_view field, std::string_view name);
Result<AgentCaId> ParseAgentCaName(std::string_view field, std::string_view name);
Result<IssuerId> ParseIssuerName(std::string_view field, std::string_view name);
// "issuers/{issuer}/accounts/{account}"; both parts [a-z0-9-]{1,40}.
Result<AccountName> ParseAccountName(std::string_view field, std::string_view name);
Result<void> CheckAccountId(std::string_view field, std::string_view account_id);
Result<RequestId> ParseRequestId(std::string_view text);

// kInvalidArgument for a page_size out of 0 to 1000; 0 is 100.
Result<PageRequest> PageOf(int page_size, const std::string& page_token);

// What every refusal of a field looks like.
Error InvalidField(std::string_view field, std::string_view why);

}  // namespace certbroker::rpc
