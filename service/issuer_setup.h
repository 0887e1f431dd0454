// service/issuer_setup.h: what the configuration says of an issuer, as the engine wants it.
#pragma once

#include <optional>
#include <vector>

#include "acme/external_account_binding.h"
#include "core/log.h"
#include "core/result.h"
#include "pki/chain_preference.h"
#include "service/config/config.h"

namespace certbroker {

// One per issuer; nothing: none is configured. Reads the MAC keys; what is odd about one goes to
// the log. kConfigInvalid with the issuer's name.
using ExternalAccounts = std::vector<std::optional<acme::ExternalAccount>>;
Result<ExternalAccounts> ExternalAccountsOf(const config::Config& config, Log& log);
pki::ChainPreference ChainPreferenceOf(const config::IssuerConfig& issuer);

}  // namespace certbroker
