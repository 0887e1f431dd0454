#include "tests/acme/solvers/dns_world.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace certbroker::acme {
namespace {

using std::chrono::seconds;

struct Key {
  std::string name;
  std::string algorithm;
  std::string secret;
};

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = {
      {"k256", "hmac-sha256", "x1vcFC4lZUbN8SJzDz1Zp0iSDT3jQZ3a5rGq2G9oU4E="},
      {"k384", "hmac-sha384", "6VQp0Bq9v3o0C5T1sJ8f2Y7kLr4nXw1eHd6uZa3mPq8="},
      {"k512", "hmac-sha512", "p9QzJt7xV2cN4mLk8sWb1yRf6hGd3uEa5oTi0qXwZr4="},
      {"narrow", "hmac-sha256", "c3VjaCBhIG5hcnJvdyBrZXkgaGFzIGEgc2VjcmV0ISE="}};
  return keys;
}

const Key& KeyNamed(const std::string& name) {
  return *std::ranges::find(Keys(), name, &Key::name);
}

std::string KeyStatements() {
  std::string text;
  for (const Key& key : Keys()) {
    text += fmt::format("key \"{}\" {{ algorithm {}; secret \"{}\"; }};\n", key.name, key.algorithm,
                        key.secret);
  }
  return text;
}

constexpr std::string_view kPolicy =
    "update-policy { grant k256 zonesub TXT; grant k384 zonesub TXT; grant k512 zonesub TXT; "
    "grant narrow name _acme-challenge.narrow.example.test. TXT; };";

constexpr std::string_view kOneServer = "@ NS ns1\nns1 A 127.0.0.1\n";
constexpr std::string_view kTwoServers = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n";

BindZone Zone(std::string_view servers, std::string_view records = {}, bool updates = false) {
  return {.text = fmt::format("{}{}", servers, records),
          .policy = std::string(updates ? kPolicy : std::string_view())};
}

std::map<std::string, BindZone> Zones() {
  return {
      {"test", Zone(kOneServer, "example NS ns1\n")},
      {"example.test", Zone(kOneServer,
                            "_acme-challenge.alias CNAME alias.challenges.test.\n"
                            "_acme-challenge.loop CNAME loop\nloop CNAME _acme-challenge.loop\n",
                            true)},
      {"challenges.test", Zone(kOneServer, {}, true)},
      {"two.test", Zone(kTwoServers, "_acme-challenge.static TXT \"both\"\n", true)},
      {"lame.test", Zone(kTwoServers, "_acme-challenge TXT \"value\"\n")},
      {"dead.test", Zone("@ NS ns1\n@ NS ns3\nns1 A 127.0.0.1\nns3 A 127.0.0.3\n",
                         "_acme-challenge TXT \"value\"\n")},
      {"caa.test", Zone(kOneServer,
                        "@ CAA 0 issue \"ca.test\"\n"
                        "@ CAA 0 issuewild \"wild.test; accounturi=https://ca.test/acct/1\"\n"
                        "alias CNAME target.caa.test.\n"
                        "target CAA 128 issue \"target.test\"\n"
                        "dangling CNAME nothing.example.test.\n"
                        "www A 192.0.2.1\n")},
      {"broken.test", {.text = "this is no zone", .policy = {}}},
  };
}

}  // namespace

void DnsWorld::SetUp() {
  if (!BindPrograms::Get().available()) {
    GTEST_SKIP() << "WARNING: no BIND under build/bind; run tools/fetch_bind with a network";
  }
  auto started = BindServer::Start({.statements = KeyStatements(), .zones = Zones()});
  ASSERT_THAT(started, IsOk());
  primary_ = *std::move(started);
}

DnsWorld::Second DnsWorld::StartSecond(std::map<std::string, BindZone> zones) {
  auto started = BindServer::Start({.statements = {}, .zones = std::move(zones)});
  EXPECT_THAT(started, IsOk());
  if (!started) return {};
  Second second{.bind = *std::move(started), .at_its_address = nullptr};
  const auto relay = [this, to = second.bind->address()](ByteView request,
                                                         bool) -> std::optional<Bytes> {
    auto reply = exchange_.Ask(to, request, Soon());
    if (!reply) return std::nullopt;
    return *std::move(reply);
  };
  second.at_its_address =
      std::make_unique<StubServer>(relay, ServerAddress{.ip = "127.0.0.2", .port = primary().port});
  return second;
}

ResolverOptions DnsWorld::LookUp() const {
  return {.resolvers = {primary()}, .resolv_conf = "/nonexistent", .server_timeout = seconds{5}};
}

PropagationOptions DnsWorld::PropagationLookUp() const {
  return {.resolver = LookUp(), .authoritative_port = primary().port, .server_timeout = seconds{2}};
}

Rfc2136Options DnsWorld::Options(const std::string& key) const {
  Rfc2136Options options;
  options.server = {primary()};
  options.tsig_name = key;
  options.tsig_algorithm = *TsigAlgorithmFromName(KeyNamed(key).algorithm);
  options.tsig_secret_file = SecretFile(KeyNamed(key).secret);
  options.look_up = PropagationLookUp();
  return options;
}

std::unique_ptr<Rfc2136Solver> DnsWorld::Solver(Rfc2136Options options) {
  auto solver = Rfc2136Solver::Create(std::move(options), clock_, random_);
  EXPECT_THAT(solver, IsOk());
  return *std::move(solver);
}

std::string DnsWorld::SecretFile(const std::string& base64) const {
  namespace fs = std::filesystem;
  const std::string path = dir_.path() + "/secret";
  fs::remove(path);
  std::ofstream(path) << base64 << "\n";
  fs::permissions(path, fs::perms::owner_read);
  return path;
}

DnsChallenge DnsWorld::Challenge(const std::string& domain, const std::string& value) {
  return {.record_name = "_acme-challenge." + domain,
          .value = value,
          .domain = domain,
          .token = "token",
          .key_authorization = "token.thumbprint"};
}

std::vector<std::string> DnsWorld::TxtAt(const std::string& name) {
  const auto query = QueryMessage(name, RecordType::kTxt, exchange_.NewId(), false);
  EXPECT_THAT(query, IsOk());
  const auto octets = exchange_.Ask(primary(), *query, Soon());
  EXPECT_THAT(octets, IsOk());
  const auto reply = ParseReply(*octets);
  EXPECT_THAT(reply, IsOk());
  auto values = reply->ValuesOf(name, RecordType::kTxt);
  std::ranges::sort(values);
  return values;
}

}  // namespace certbroker::acme
