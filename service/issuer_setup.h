// service/issuer_setup.h: what the configuration says of an issuer, as the engine wants it.
#pragma once

#include <optional>

#include "acme/external_account_binding.h"
#include "core/log.h"
#include "core/result.h"
#include "pki/chain_preference.h"
#include "service/config/config.h"

namespace certbroker {

// Reads the MAC key; what is odd about it goes to the log. Nothing: none is configured.
// kConfigInvalid with the issuer's name.
Result<std::optional<acme::ExternalAccount>> ExternalAccountOf(const config::IssuerConfig& issuer,
                                                               Log& log);
pki::ChainPreference ChainPreferenceOf(const config::IssuerConfig& issuer);

}  // namespace certbroker
