// service/token_setup.h: the configured tokens, opened, side by side.
#pragma once

#include <memory>
#include <vector>

#include "core/ports/key_use_ledger.h"
#include "keystore/keystore.h"
#include "service/config/config.h"
#include "service/token_choice.h"

namespace certbroker {

using Keystores = std::vector<std::unique_ptr<keystore::Keystore>>;

// In the order of the configuration. One that is not reached in time is no error, see
// Keystore::Open; neither is it for the others. Errors: as Keystore::Open, with the token's name.
Result<Keystores> OpenKeystores(const std::vector<config::KeystoreConfig>& tokens,
                                KeyUseLedger& ledger, Clock& clock, Log& log);

std::vector<NamedToken> TokensOf(const Keystores& keystores,
                                 const std::vector<config::KeystoreConfig>& tokens);

// Keystore::Stop for each. False: a thread is stuck in one of them.
bool StopAll(const Keystores& keystores, SteadyTime deadline);

}  // namespace certbroker
