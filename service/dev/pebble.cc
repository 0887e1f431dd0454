#include "service/dev/pebble.h"

#include <cstdlib>
#include <system_error>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "service/dev/https_get.h"
#include "service/dev/text_file.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStartLimit = seconds{30};
constexpr milliseconds kRequestLimit = seconds{5};
constexpr int kMostRoots = 16;
constexpr int kNinetyDays = 90 * 24 * 3600;
constexpr int kSixDays = 6 * 24 * 3600;

fs::path WherePebbleIs(const fs::path& asked, const fs::path& self) {
  if (!asked.empty()) return asked;
  if (const char* variable = std::getenv("CERTBROKER_PEBBLE"); variable != nullptr) return variable;
  // build/<preset>/bin/certbrokerd and build/pebble/bin/pebble.
  const fs::path fetched = self.parent_path().parent_path().parent_path() / "pebble/bin/pebble";
  std::error_code ignored;
  return fs::exists(fetched, ignored) ? fetched : fs::path("pebble");
}

// The flag for the DNS address was renamed in Pebble 2.10.
std::string DnsFlag(const fs::path& help) {
  const auto text = ReadFile(help);
  return text.has_value() && text->find("-dns01 ") != std::string::npos ? "-dns01" : "-dnsserver";
}

Result<void> StartChallengeServer(const PebblePrograms& programs, const PebbleOptions& options,
                                  const PebblePorts& ports, Supervisor& supervisor) {
  const fs::path help = options.directory / "challtestsrv-help.txt";
  RETURN_IF_ERROR(supervisor.Run({.name = "pebble-challtestsrv",
                                  .program = &programs.challenge_server,
                                  .arguments = {"-h"},
                                  .environment = {},
                                  .log = help},
                                 kStartLimit));
  const std::string dns_flag = DnsFlag(help);
  std::vector<std::string> arguments = {dns_flag,       ports.dns.address(),
                                        "-management",  ports.dns_management.address(),
                                        "-defaultIPv4", "127.0.0.1",
                                        "-defaultIPv6", "",
                                        "-http01",      "",
                                        "-https01",     "",
                                        "-tlsalpn01",   ""};
  // 2.10 serves DNS over HTTPS by default, on a port of its own choice.
  if (dns_flag == "-dnsserver") arguments.insert(arguments.end(), {"-doh", ""});
  RETURN_IF_ERROR(supervisor.Start({.name = "challtestsrv",
                                    .program = &programs.challenge_server,
                                    .arguments = std::move(arguments),
                                    .environment = {},
                                    .log = options.logs / "challtestsrv.log"}));
  const auto ready = [&] {
    return SomethingListens(ports.dns.number()) && SomethingListens(ports.dns_management.number());
  };
  return supervisor.WaitUntil("pebble-challtestsrv", ready, kStartLimit);
}

// Pebble makes one root, and PEBBLE_ALTERNATE_ROOTS more.
Result<void> FetchRoots(const PebbleOptions& options, const PebblePorts& ports) {
  std::string bundle;
  for (int i = 0; i < kMostRoots; ++i) {
    ASSIGN_OR_RETURN(const HttpAnswer answer,
                     HttpsGet(ports.management.number(), fmt::format("/roots/{}", i),
                              options.tls_root, kRequestLimit));
    if (answer.status != 200) break;
    bundle += answer.body;
  }
  if (bundle.empty()) return Error(Reason::kCaBadAnswer, "Pebble's management gives no root");
  return WriteFile(options.roots, bundle, 0644);
}

}  // namespace

Result<PebblePrograms> FindPebble(const fs::path& pebble, const fs::path& self) {
  std::error_code ignored;
  ASSIGN_OR_RETURN(ProgramFile ca, ProgramFile::Open(WherePebbleIs(pebble, self)));
  ASSIGN_OR_RETURN(ProgramFile challenge_server,
                   ProgramFile::Open(ca.path().parent_path() / "pebble-challtestsrv"));
  return PebblePrograms{std::move(ca), std::move(challenge_server)};
}

Result<PebblePorts> PebblePorts::Reserve(Random& random) {
  ASSIGN_OR_RETURN(LoopbackPort directory, LoopbackPort::Reserve(random));
  ASSIGN_OR_RETURN(LoopbackPort management, LoopbackPort::Reserve(random));
  ASSIGN_OR_RETURN(LoopbackPort dns, LoopbackPort::Reserve(random));
  ASSIGN_OR_RETURN(LoopbackPort dns_management, LoopbackPort::Reserve(random));
  ASSIGN_OR_RETURN(LoopbackPort http, LoopbackPort::Reserve(random));
  ASSIGN_OR_RETURN(LoopbackPort tls, LoopbackPort::Reserve(random));
  return PebblePorts{std::move(directory),      std::move(management), std::move(dns),
                     std::move(dns_management), std::move(http),       std::move(tls)};
}

std::string PebblePorts::DirectoryUrl() const {
  return fmt::format("https://localhost:{}/dir", directory.number());
}
std::string PebblePorts::ManagementUrl() const {
  return fmt::format("https://localhost:{}", management.number());
}
std::string PebblePorts::ChallengeServerUrl() const {
  return fmt::format("http://{}", dns_management.address());
}

std::string PebbleConfiguration(const PebbleOptions& options, const PebblePorts& ports) {
  const nlohmann::json profile = {{"description", "as Let's Encrypt's default"},
                                  {"validityPeriod", kNinetyDays}};
  const nlohmann::json short_profile = {{"description", "six days"}, {"validityPeriod", kSixDays}};
  const nlohmann::json configuration = {
      {"listenAddress", ports.directory.address()},
      {"managementListenAddress", ports.management.address()},
      {"certificate", options.tls.certificate.string()},
      {"privateKey", options.tls.key.string()},
      {"httpPort", ports.http.number()},
      {"tlsPort", ports.tls.number()},
      {"ocspResponderURL", ""},
      {"externalAccountBindingRequired", false},
      {"retryAfter",
       {{"authz", options.retry_after_seconds}, {"order", options.retry_after_seconds}}},
      {"keyAlgorithm", "ecdsa"},
      {"certificateValidityPeriod", kNinetyDays},
      {"profiles", {{"default", profile}, {"shortlived", short_profile}}}};
  return nlohmann::json{{"pebble", configuration}}.dump(2) + "\n";
}

Result<void> StartPebble(const PebblePrograms& programs, const PebbleOptions& options,
                         const PebblePorts& ports, Supervisor& supervisor) {
  RETURN_IF_ERROR(StartChallengeServer(programs, options, ports, supervisor));
  const fs::path configuration = options.directory / "pebble.json";
  RETURN_IF_ERROR(WriteFile(configuration, PebbleConfiguration(options, ports), 0600));
  ChildSpec spec = {.name = "pebble",
                    .program = &programs.pebble,
                    .arguments = {"-strict", "-config", configuration.string(), "-dnsserver",
                                  ports.dns.address()},
                    .environment = {{"PEBBLE_WFE_NONCEREJECT", "5"},
                                    {"PEBBLE_AUTHZREUSE", "50"},
                                    {"PEBBLE_VA_SLEEPTIME", "2"}},
                    .log = options.logs / "pebble.log"};
  spec.environment.insert(spec.environment.end(), options.environment.begin(),
                          options.environment.end());
  RETURN_IF_ERROR(supervisor.Start(spec));
  const auto ready = [&] {
    return SomethingListens(ports.directory.number()) &&
           SomethingListens(ports.management.number());
  };
  RETURN_IF_ERROR(supervisor.WaitUntil("pebble", ready, kStartLimit));
  return FetchRoots(options, ports);
}

}  // namespace certbroker::dev
