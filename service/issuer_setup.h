// service/issuer_setup.h: what the configuration says of an issuer, as the engine wants it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "acme/client.h"
#include "acme/external_account_binding.h"
#include "acme/http/curl_client.h"
#include "core/clock.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/result.h"
#include "pki/chain_preference.h"
#include "service/config/config.h"
#include "service/engine/account_book.h"

namespace certbroker {

// One per issuer; nothing: none is configured. Reads the MAC keys; what is odd about one goes to
// the log. kConfigInvalid with the issuer's name.
using ExternalAccounts = std::vector<std::optional<acme::ExternalAccount>>;
Result<ExternalAccounts> ExternalAccountsOf(const config::Config& config, Log& log);
// One CA: its connection, its client. In this order: the client uses the connection.
struct Issuing {
  std::unique_ptr<acme::CurlClient> http;
  std::unique_ptr<acme::Client> client;
};
// `clock` and `workers` outlive it.
Issuing MakeIssuing(const config::IssuerConfig& issuer, const config::Config& config, Clock& clock,
                    Executor& workers);

pki::ChainPreference ChainPreferenceOf(const config::IssuerConfig& issuer);
engine::RolloverPlan RolloverPlanOf(const config::IssuerConfig& issuer);

}  // namespace certbroker
