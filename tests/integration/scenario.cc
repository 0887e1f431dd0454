#include "tests/integration/scenario.h"

#include <thread>

#include <gtest/gtest.h>

#include "service/dev/https_get.h"
#include "service/dev/loopback_port.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::uint16_t PortOf(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

}  // namespace

std::string CertificateFolder::OpensslSays(const std::vector<std::string>& options) const {
  std::vector<std::string> arguments = {"x509", "-in", file("cert.pem"), "-noout"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const ProgramResult result = RunProgram("openssl", arguments);
  EXPECT_EQ(result.exit_code, 0) << result;
  return result.out;
}

std::string CertificateFolder::serial() const {
  std::string text = OpensslSays({"-serial"});
  text = text.substr(text.find('=') + 1);
  text = text.substr(0, text.find('\n'));
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> IssueArguments(const DevStack& stack, std::vector<std::string> names,
                                        const CertificateFolder& folder,
                                        const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"issue"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  arguments.insert(arguments.end(), {"--http-listen", stack.http_listen(), "--roots",
                                     stack.Text("/pebble/roots"), "--out", folder.path()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> RenewArguments(const DevStack& stack, const CertificateFolder& folder) {
  return {"renew", "--http-listen", stack.http_listen(), "--roots", stack.Text("/pebble/roots"),
          "--out", folder.path()};
}

nlohmann::json JsonOf(const ProgramResult& result) {
  auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << result;
  return json;
}

nlohmann::json CaStatus(const DevStack& stack, const std::string& serial) {
  const auto answer = dev::HttpsGet(PortOf(stack.Text("/pebble/management_url")),
                                    "/cert-status-by-serial/" + serial,
                                    stack.Text("/pebble/tls_root"), seconds{10});
  if (!answer || answer->status != 200) {
    ADD_FAILURE() << "the CA does not know serial " << serial;
    return {};
  }
  return nlohmann::json::parse(answer->body, nullptr, false);
}

WebServer::WebServer(const DevStack& stack, const std::string& directory)
    : program_("python3", {"-m", "http.server", stack.http_listen().substr(10), "--bind",
                           "127.0.0.1", "--directory", directory}) {
  const std::uint16_t port = PortOf(stack.http_listen());
  for (int i = 0; i < 1000 && !dev::SomethingListens(port); ++i) {
    std::this_thread::sleep_for(milliseconds{10});
  }
  EXPECT_TRUE(dev::SomethingListens(port)) << program_.err();
}

}  // namespace certbroker
