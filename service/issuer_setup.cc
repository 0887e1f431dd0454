#include "service/issuer_setup.h"

#include <utility>

#include <fmt/format.h>

#include "acme/solvers/secret_file.h"
#include "core/version.h"

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

Issuing MakeIssuing(const config::IssuerConfig& issuer, const config::Config& config, Clock& clock,
                    Executor& workers) {
  Issuing made;
  acme::CurlClientOptions options;
  options.ca_file = issuer.tls_roots.value_or("");
  options.user_agent = fmt::format("certbroker/{}", Version());  // RFC 8555 §6.1
  made.http = std::make_unique<acme::CurlClient>(std::move(options));
  acme::Client::Options client{
      .directory = issuer.directory, .extra_origins = {}, .timeout = config.engine.ca_timeout};
  for (const std::string& extra : issuer.extra_origins) {
    if (auto url = HttpsUrl::Parse(extra)) client.extra_origins.push_back(*std::move(url));
  }
  made.client = std::make_unique<acme::Client>(std::move(client),
                                               acme::Client::Deps{*made.http, clock, workers});
  return made;
}

engine::RolloverPlan RolloverPlanOf(const config::IssuerConfig& issuer) {
  return {.lifetime = issuer.key_lifetime, .keep_retired = issuer.keep_retired_keys};
}

pki::ChainPreference ChainPreferenceOf(const config::IssuerConfig& issuer) {
  return {.root_common_name = issuer.preferred_root,
          .root_spki_sha256 = FromHex(issuer.preferred_root_spki).value_or(Bytes()),
          .shortest = issuer.shortest_chain};
}

}  // namespace certbroker
