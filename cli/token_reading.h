// cli/token_reading.h: what is in a token right now.
#pragma once

#include "cli/keystore_act.h"
#include "keystore/keystore.h"

namespace certbroker::cli {

// Logs in once, examines every key, has each make a signature, logs out. Blocks for a few seconds
// when there is no such token. Ends the process when the module does not return. Errors as
// keystore::Keystore's, with advice for a person.
Result<keystore::KeystoreDescription> ReadToken(const TokenOptions& token);

}  // namespace certbroker::cli
