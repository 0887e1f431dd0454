// core/https_url.h: a URL that the broker is willing to call.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/result.h"

namespace certbroker {

// https, no userinfo, no fragment, ≤ 2048 octets of visible ASCII. The text is kept byte for byte,
// because the protected header of a JWS must repeat it so (RFC 8555 §6.4), and holds nothing that
// JSON would escape.
class HttpsUrl {
 public:
  HttpsUrl() = default;
  // kCaBadAnswer: whoever reads URLs from elsewhere than a CA (configuration) renames the reason.
  static Result<HttpsUrl> Parse(std::string_view text);

  const std::string& ToString() const { return text_; }
  // "https://host:port", host lower-case, port always there: what the allow-list compares.
  const std::string& origin() const { return origin_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const HttpsUrl& a, const HttpsUrl& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::string origin_;
};

}  // namespace certbroker
