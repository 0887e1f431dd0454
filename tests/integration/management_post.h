// tests/integration/management_post.h: tells a CA or DNS server of the tests what to do next.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace certbroker {

// POSTs the document, over HTTPS with `tls_root` (PEM file) or over HTTP, and fails the test unless
// the answer is 200. Blocks up to ten seconds.
void PostJson(const std::string& url, const nlohmann::json& body, const std::string& tls_root = {});
// The same for DELETE, over HTTP.
void Delete(const std::string& url);

}  // namespace certbroker
