#include "core/account_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::string_view kIssuers = "issuers/";
constexpr std::string_view kAccounts = "/accounts/";
constexpr std::size_t kMaxPart = 40;

}  // namespace

bool IsNamePart(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPart && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

AccountName MakeAccountName(const IssuerId& issuer, std::string_view account) {
  return AccountName(fmt::format("{}{}{}{}", kIssuers, issuer.ToString(), kAccounts, account));
}

std::optional<AccountNameParts> PartsOf(const AccountName& name) {
  std::string_view rest = name.ToString();
  if (!rest.starts_with(kIssuers)) return std::nullopt;
  rest.remove_prefix(kIssuers.size());
  const std::size_t split = rest.find(kAccounts);
  if (split == std::string_view::npos) return std::nullopt;
  const std::string_view issuer = rest.substr(0, split);
  const std::string_view account = rest.substr(split + kAccounts.size());
  if (!IsNamePart(issuer) || !IsNamePart(account)) return std::nullopt;
  return AccountNameParts{IssuerId(std::string(issuer)), std::string(account)};
}

}  // namespace certbroker
