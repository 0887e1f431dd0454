#include "service/dev/service_config.h"

#include <fmt/core.h>

#include "service/dev/dns_program.h"

namespace certbroker::dev {
namespace {

constexpr std::string_view kTrustDomain = "dev.certbroker.test";

}  // namespace

const std::vector<DevAgent>& DevAgents() {
  static const std::vector<DevAgent> agents = {
      {.name = "web-01",
       .uri = "spiffe://dev.certbroker.test/agent/web-01",
       .names = {"app.test", "www.app.test", "*.app.test", ".apps.test", ".bench.test", "dns.test",
                 ".dns.test", "*.dns.test", "127.0.0.1"}},
      {.name = "web-02",
       .uri = "spiffe://dev.certbroker.test/agent/web-02",
       .names = {".two.test"}}};
  return agents;
}

std::string TomlString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string ServiceToml(const ServiceConfig& config) {
  const auto line = [](std::string_view key, std::string_view value) {
    return fmt::format("{} = {}\n", key, TomlString(value));
  };
  std::string text =
      "# Written by certbrokerd dev; the next start writes it again.\n\n[database]\n";
  text += line("url", config.database_url);
  text += "\n[keystore]\n" + line("module", config.module.string());
  text += line("token", config.token) + line("pin_file", config.pin_file.string());
  text += "\n[audit]\n" + line("checkpoint_key", config.ledger_key_uri);
  text += line("checkpoint_interval", "10s");
  text += "\n[agents]\n" + line("listen", config.listen);
  text += line("certificate", config.tls.certificate.string());
  text += line("key", config.tls.key.string()) + line("client_ca", config.client_ca.string());
  text += "\n[identity]\n" + line("trust_domain", kTrustDomain);
  text += line("ca_key", config.agent_ca_key_uri);
  text += line("server_ca", config.client_ca.string());
  text += fmt::format("addresses = [{}]\n", TomlString(config.listen));
  text += "\n[operators]\n" + line("socket", config.operator_socket.string());
  text += "\n[policy]\n" + line("file", config.policy.string());
  // A killed service is back within seconds here, and so should its orders be.
  text += "\n[engine]\n" + line("lease", "10s") + line("ca_timeout", "5s");
  // The names of a test CA are in no DNS that this machine could ask.
  text += "\n[challenges]\n" + line("caa", "off");
  text += "\n[[solvers]]\n" + line("name", "dev-dns") + line("type", "program");
  text += fmt::format("zones = [{}]\n", TomlString(kDnsZone));
  text += line("style", "lego_exec");
  text += fmt::format("argv = [{}]\n", TomlString(config.dns_program.string()));
  text += line("propagation", "off");
  text += "\n[[issuers]]\n" + line("name", "pebble") + line("directory", config.directory_url);
  text += line("tls_roots", config.tls_roots.string()) + line("roots", config.roots.string());
  text += line("account", "main");
  return text;
}

std::string PolicyToml(const std::vector<DevAgent>& agents) {
  std::string text =
      "# Written by certbrokerd dev. \"app.test\": that name. \".apps.test\": every name below "
      "it.\n"
      "# \"*.app.test\": that wildcard name.\n\nversion = \"dev\"\n";
  for (const auto& agent : agents) {
    std::string names;
    for (const auto& name : agent.names) {
      names += (names.empty() ? "" : ", ") + TomlString(name);
    }
    text +=
        fmt::format("\n[[rules]]\nname = {}\nagents = [{}]\nnames = [{}]\nissuers = [\"pebble\"]\n",
                    TomlString(agent.name), TomlString(agent.uri), names);
  }
  return text;
}

}  // namespace certbroker::dev
