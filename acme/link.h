// acme/link.h: URLs that come in header fields: Link (RFC 8288 §3) and Location, resolved against
// the URL that was asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/https_url.h"
#include "core/ports/http_client.h"
#include "core/result.h"

namespace certbroker::acme {

struct Link {
  HttpsUrl target;
  std::string rel;  // one relation type, lower case: "alternate"

  friend bool operator==(const Link&, const Link&) = default;
};

// Every link of every Link field, in order; one entry per relation type. What cannot be read, and a
// target that is not https, is left out: no link is worth failing an answer for. At most 64.
std::vector<Link> Links(const HttpResponse& response, const HttpsUrl& request_url);

// RFC 8555 §7.4.2: the URLs of the other chains of a certificate, in order, each once, without the
// one that was asked. At most 16: a root programme has fewer cross-signs than that.
std::vector<HttpsUrl> AlternatesOf(const HttpResponse& response, const HttpsUrl& request_url);

// RFC 9110 §10.2.2. kCaBadAnswer: no Location, or not an https URL.
Result<HttpsUrl> LocationOf(const HttpResponse& response, const HttpsUrl& request_url);

// RFC 3986 §5.2 for a base that is https. kCaBadAnswer when the outcome is no HttpsUrl.
Result<HttpsUrl> ResolveUrl(const HttpsUrl& base, std::string_view reference);

}  // namespace certbroker::acme
