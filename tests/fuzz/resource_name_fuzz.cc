// Resource names as clients send them (AIP-122). Input: a name.
#include <algorithm>
#include <string>

#include "core/account_name.h"
#include "core/check.h"
#include "service/rpc/resource_names.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::string_view kField = "name";

template <class Id>
bool Accepted(const Result<Id>& id) {
  if (!id) CheckError(id.error());
  return id.has_value();
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// Identifiers may come in upper case; they are printed in lower case.
bool TryOrder(std::string_view name) {
  const auto id = rpc::ParseOrderName(kField, name);
  if (!Accepted(id)) return false;
  CERTBROKER_CHECK(rpc::OrderName(*id) == LowerCase(name));
  return true;
}

bool TryCertificate(std::string_view name) {
  const auto id = rpc::ParseCertificateName(kField, name);
  if (!Accepted(id)) return false;
  CERTBROKER_CHECK(rpc::CertificateName(*id) == LowerCase(name));
  return true;
}

bool TryIssuer(std::string_view name) {
  const auto id = rpc::ParseIssuerName(kField, name);
  if (!Accepted(id)) return false;
  CERTBROKER_CHECK(rpc::IssuerName(*id) == name);
  CERTBROKER_CHECK(IsNamePart(id->ToString()));
  return true;
}

bool TryAccount(std::string_view name) {
  const auto account = rpc::ParseAccountName(kField, name);
  if (!Accepted(account)) return false;
  CERTBROKER_CHECK(account->ToString() == name);
  const auto parts = PartsOf(*account);
  CERTBROKER_CHECK(parts && MakeAccountName(parts->issuer, parts->account) == *account);
  CERTBROKER_CHECK(rpc::CheckAccountId(kField, parts->account).has_value());
  return true;
}

bool TryRequestId(std::string_view text) {
  const auto id = rpc::ParseRequestId(text);
  if (!Accepted(id)) return false;
  CERTBROKER_CHECK(id->ToString() == LowerCase(text));
  return true;
}

}  // namespace

bool Try(std::string_view input) {
  const auto account_id = rpc::CheckAccountId(kField, input);
  if (!account_id) CheckError(account_id.error());
  CERTBROKER_CHECK(account_id.has_value() == IsNamePart(input));
  const int kinds = static_cast<int>(TryOrder(input)) + static_cast<int>(TryCertificate(input)) +
                    static_cast<int>(TryIssuer(input)) + static_cast<int>(TryAccount(input)) +
                    static_cast<int>(TryRequestId(input));
  // A name that is read as two things would be a way around a check of one of them.
  CERTBROKER_CHECK(kinds <= 1);
  return kinds == 1;
}

}  // namespace certbroker::fuzz
