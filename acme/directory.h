// acme/directory.h: the addresses of one CA and what it says about itself (RFC 8555 §7.1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/https_url.h"
#include "core/result.h"

namespace certbroker::acme {

struct Directory {
  HttpsUrl new_nonce;
  HttpsUrl new_account;
  HttpsUrl new_order;
  HttpsUrl revoke_cert;
  std::optional<HttpsUrl> key_change;
  std::optional<HttpsUrl> new_authz;
  std::optional<HttpsUrl> renewal_info;  // RFC 9773 §4.1; absent: the CA has no ARI
  std::string terms_of_service;          // for people; not necessarily https
  std::string website;
  std::vector<std::string> caa_identities;
  bool external_account_required = false;
  std::vector<std::pair<std::string, std::string>> profiles;  // name, description

  friend bool operator==(const Directory&, const Directory&) = default;
};

// Unknown members are ignored, `meta` and everything in it may be null or absent. The URLs are
// syntactically sound, nothing more: OriginGate says whether they may be called.
//
// kCaBadAnswer: not JSON, one of the four URLs that issuance needs is missing, or any URL is not
// https.
Result<Directory> ParseDirectory(std::string_view json);

}  // namespace certbroker::acme
