// PKCS#11 URIs of keys (RFC 7512). Input: a URI.
#include <string>

#include "core/check.h"
#include "keystore/key_uri.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kShortDetail = 512;  // it names an attribute and quotes no value

void CheckSameKey(const keystore::KeyUri& a, const keystore::KeyUri& b) {
  CERTBROKER_CHECK(a == b);
  CERTBROKER_CHECK(a.token() == b.token() && a.serial() == b.serial());
  CERTBROKER_CHECK(a.manufacturer() == b.manufacturer() && a.model() == b.model());
  CERTBROKER_CHECK(a.id() == b.id() && a.object() == b.object());
}

}  // namespace

bool Try(std::string_view input) {
  const auto uri = keystore::KeyUri::Parse(input);
  if (!uri) {
    CheckError(uri.error(), kShortDetail);
    return false;
  }
  CheckPrintable(uri->ToString());
  // It is stored in this form, and has to be readable when the service starts again.
  const auto again = keystore::KeyUri::Parse(uri->ToString());
  CERTBROKER_CHECK(again.has_value());
  CheckSameKey(*again, *uri);
  if (!uri->id().empty() && !uri->token().empty()) {
    const auto made = keystore::KeyUri::ForKey(uri->token(), uri->id());
    CERTBROKER_CHECK(made && made->token() == uri->token() && made->id() == uri->id());
  }
  return true;
}

}  // namespace certbroker::fuzz
