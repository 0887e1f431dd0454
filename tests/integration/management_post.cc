#include "tests/integration/management_post.h"

#include <gtest/gtest.h>

#include "tests/support/run_program.h"

namespace certbroker {
namespace {

// Python is there wherever the tests run (tools/packages.txt); curl is not.
constexpr const char* kScript = R"py(
import ssl, sys, urllib.request
method, url, body, root = sys.argv[1:]
context = ssl.create_default_context(cafile=root) if root else None
request = urllib.request.Request(url, body.encode(), method=method)
print(urllib.request.urlopen(request, timeout=10, context=context).status)
)py";

void Send(const std::string& method, const std::string& url, const std::string& body,
          const std::string& tls_root) {
  const ProgramResult sent = RunProgram("python3", {"-c", kScript, method, url, body, tls_root});
  EXPECT_EQ(sent.out, "200\n") << method << ' ' << url << ": " << sent;
}

}  // namespace

void PostJson(const std::string& url, const nlohmann::json& body, const std::string& tls_root) {
  Send("POST", url, body.dump(), tls_root);
}

void Delete(const std::string& url) { Send("DELETE", url, "", ""); }

}  // namespace certbroker
