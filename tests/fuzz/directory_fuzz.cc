// The directory of a CA (RFC 8555 §7.1.1). Input: JSON.
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto directory = acme::ParseDirectory(input);
  if (!CheckReading(directory, input, &acme::ParseDirectory)) return false;
  for (const HttpsUrl& url : {directory->new_nonce, directory->new_account, directory->new_order,
                              directory->revoke_cert}) {
    CheckUrl(url);
  }
  for (const auto& url : {directory->key_change, directory->new_authz, directory->renewal_info}) {
    if (url) CheckUrl(*url);
  }
  return true;
}

}  // namespace certbroker::fuzz
