// cli/keystore_report.h: what `certbroker keystore` prints, and what it makes of what a token says.
//
// Pure. Everything that came from a token is printable when it leaves here.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "keystore/keystore.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// What there is now and what of it was made just now: the token, and per key its URI, public key
// thumbprint (RFC 7638) and attributes.
std::string ProvisionText(const keystore::ProvisionReport& report);

// Only the keys with these labels; all of them when there are no labels. kHsmKeyMissing: a label
// without a key, or a token without any; the text says how to make one.
Result<keystore::KeystoreDescription> SelectKeys(keystore::KeystoreDescription token,
                                                 const std::vector<std::string>& labels);

bool AllUsable(const keystore::KeystoreDescription& token);
// One line per key, then one on all of them; where a key is refused it says what to do.
std::string CheckText(const keystore::KeystoreDescription& token);

}  // namespace certbroker::cli
