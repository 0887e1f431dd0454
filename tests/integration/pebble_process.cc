#include "tests/integration/pebble_process.h"

#include <sstream>
#include <thread>

#include "core/random.h"
#include "service/dev/https_get.h"
#include "service/dev/text_file.h"
#include "tests/integration/management_post.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<dev::LoopbackPort> ReservedPort() {
  SystemRandom random;
  auto port = dev::LoopbackPort::Reserve(random);
  EXPECT_THAT(port, IsOk());
  return port ? std::optional(*std::move(port)) : std::nullopt;
}

json ConfigurationOf(const DevStack& stack) {
  const auto text = dev::ReadFile(stack.directory() / "pebble/pebble.json");
  EXPECT_THAT(text, IsOk());
  return text ? json::parse(*text, nullptr, false) : json();
}

}  // namespace

PebbleProcess::PebbleProcess(const DevStack& stack, const PebbleProcessOptions& options)
    : tls_root_(stack.Text("/pebble/tls_root")),
      port_(ReservedPort()),
      management_(ReservedPort()) {
  json configuration = ConfigurationOf(stack);
  configuration["pebble"]["listenAddress"] = port_->address();
  configuration["pebble"]["managementListenAddress"] = management_->address();
  configuration["pebble"].merge_patch(options.configuration);
  const std::string file = dir_.path() + "/pebble.json";
  EXPECT_THAT(dev::WriteFile(file, configuration.dump(2), 0600), IsOk());
  program_.emplace(options.program,
                   std::vector<std::string>{"-strict", "-config", file, "-dnsserver",
                                            stack.Text("/pebble/dns_address")},
                   RunOptions{.environment = options.environment});
  const auto ready = [&] {
    return dev::SomethingListens(port_->number()) && dev::SomethingListens(management_->number());
  };
  for (int i = 0; i < 1000 && program_->Running() && !ready(); ++i) {
    std::this_thread::sleep_for(milliseconds{10});
  }
  EXPECT_TRUE(program_->Running()) << log();
  FetchRoots();
}

std::string PebbleProcess::directory_url() const {
  return "https://localhost:" + std::to_string(port_->number()) + "/dir";
}

json PebbleProcess::Directory() const { return json::parse(Get(port_->number(), "/dir")); }

std::string PebbleProcess::StatusOf(const std::string& serial) const {
  const std::string text = Get(management_->number(), "/cert-status-by-serial/" + serial);
  const json status = json::parse(text, nullptr, false);
  return status.is_object() ? status.value("Status", "") : "no JSON: " + text;
}

void PebbleProcess::SetRenewalInfo(const std::string& certificate, const json& answer) const {
  PostJson("https://localhost:" + std::to_string(management_->number()) + "/set-renewal-info/",
           {{"certificate", certificate}, {"ariResponse", answer.dump()}}, tls_root_);
}

int PebbleProcess::Logged(const std::string& text) const {
  std::istringstream lines(log());
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(text) != std::string::npos) ++found;
  }
  return found;
}

void PebbleProcess::FetchRoots() const {
  EXPECT_THAT(dev::WriteFile(roots(), Get(management_->number(), "/roots/0"), 0600), IsOk());
}

std::string PebbleProcess::Get(std::uint16_t port, const std::string& path) const {
  const auto answer = dev::HttpsGet(port, path, tls_root_, seconds{10});
  EXPECT_THAT(answer, IsOk()) << path;
  return answer ? answer->body : std::string();
}

}  // namespace certbroker
