// cli/keystore_report.h: what `certbroker keystore` prints, and what it makes of what a token says.
//
// Pure. Everything that came from a token is printable when it leaves here.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "keystore/key_destruction.h"
#include "keystore/keystore.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// What there is now and what of it was made just now: the token, and per key its URI, public key
// thumbprint (RFC 7638) and attributes.
std::string ProvisionText(const keystore::ProvisionReport& report);

// By CKA_LABEL or by CKA_ID in hex, either case.
struct KeySelection {
  std::vector<std::string> labels = {};
  std::vector<std::string> ids = {};
};

// The keys that are named, in this order; all of them when none is. kHsmKeyMissing: a name without
// a key, or a token without any; the text says how to make one.
Result<keystore::KeystoreDescription> SelectKeys(keystore::KeystoreDescription token,
                                                 const KeySelection& selection);
// The one key that has the label and the id, as far as they are given. kHsmKeyMissing;
// kHsmKeyRefused: there are several.
Result<keystore::KeystoreDescription> SelectOneKey(keystore::KeystoreDescription token,
                                                   const KeySelection& selection);

bool AllUsable(const keystore::KeystoreDescription& token);
// One line per key, then one on all of them; where a key is refused it says what to do.
std::string CheckText(const keystore::KeystoreDescription& token);
// The same lines without a verdict on all.
std::string ListText(const keystore::KeystoreDescription& token);
// Of the first key: token, names, thumbprint, verdict; and a table of attributes.
std::string DescribeText(const keystore::KeystoreDescription& token);

// What was destroyed, or would be.
std::string DestroyText(const keystore::DestroyOptions& asked,
                        const keystore::DestroyReport& report);

}  // namespace certbroker::cli
