// cli/keystore_json.h: what `certbroker keystore -o json` prints. Fields are added, never renamed.
#pragma once

#include <string>

#include "keystore/key_destruction.h"
#include "keystore/keystore.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// {"token": {"label", "serial", "created"}, "keys": [{"label", "id", "uri", "algorithm",
// "thumbprint", "created", "usable", "attributes": [{"name", "value", "required",
// "acceptable",
// "remark"}]}]}
std::string ProvisionJson(const keystore::ProvisionReport& report);

// {"token", "label", "id", "private_key", "public_key", "destroyed"}: which halves there were.
std::string DestroyJson(const keystore::DestroyOptions& asked,
                        const keystore::DestroyReport& report);

// As ProvisionJson without "created"; a key that is not usable has "refusal": {"reason",
// "message"}.
std::string CheckJson(const keystore::KeystoreDescription& token);

}  // namespace certbroker::cli
