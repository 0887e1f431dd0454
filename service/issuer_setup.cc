#include "service/issuer_setup.h"

#include <utility>

#include <fmt/format.h>

#include "acme/solvers/secret_file.h"

namespace certbroker {
namespace {

Result<acme::ExternalAccount> ReadExternalAccount(const config::IssuerConfig& issuer, Log& log) {
  acme::ExternalAccount external;
  external.key_id = issuer.eab_key_id;
  external.algorithm =
      acme::MacAlgorithmFromName(issuer.eab_algorithm).value_or(acme::MacAlgorithm::kHs256);
  ASSIGN_OR_RETURN(const Secret text, acme::ReadSecretFile(issuer.eab_mac_key_file));
  ASSIGN_OR_RETURN(acme::MacKey key, acme::ParseMacKey(text, external.algorithm));
  if (!key.warning.empty()) {
    log.Warning("eab_mac_key", {{"issuer", issuer.name.ToString()}, {"note", key.warning}});
  }
  external.mac_key = std::move(key.octets);
  return external;
}

}  // namespace

Result<ExternalAccounts> ExternalAccountsOf(const config::Config& config, Log& log) {
  ExternalAccounts accounts;
  for (const config::IssuerConfig& issuer : config.issuers) {
    if (issuer.eab_key_id.empty()) {
      accounts.emplace_back();
      continue;
    }
    auto external = ReadExternalAccount(issuer, log);
    if (!external) {
      return std::move(external).error().While(
          fmt::format("external account of issuer \"{}\"", issuer.name.ToString()));
    }
    accounts.emplace_back(*std::move(external));
  }
  return accounts;
}

pki::ChainPreference ChainPreferenceOf(const config::IssuerConfig& issuer) {
  return {.root_common_name = issuer.preferred_root,
          .root_spki_sha256 = FromHex(issuer.preferred_root_spki).value_or(Bytes()),
          .shortest = issuer.shortest_chain};
}

}  // namespace certbroker
