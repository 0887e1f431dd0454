// service/dev/service_config.h: the text of the two files that the stack's service is started with.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "service/dev/test_pki.h"

namespace certbroker::dev {

// An agent that the stack has an identity for, and the names that its policy grants.
struct DevAgent {
  std::string name;  // of its files
  std::string uri;   // the identity
  std::vector<std::string> names;
};

// web-01 may have app.test, all below apps.test, bench.test and dns.test, the wildcards *.app.test
// and *.dns.test, and 127.0.0.1; web-02 all below two.test.
const std::vector<DevAgent>& DevAgents();

struct ServiceConfig {
  std::string database_url;
  std::filesystem::path module;
  std::string token;
  std::filesystem::path pin_file;
  std::string ledger_key_uri;
  std::string agent_ca_key_uri;
  std::string listen;  // host:port for agents
  KeyPairFiles tls;
  std::filesystem::path client_ca;
  std::filesystem::path operator_socket;
  std::filesystem::path policy;
  std::string directory_url;
  std::filesystem::path tls_roots;
  std::filesystem::path roots;
  std::filesystem::path dns_program;  // DnsProgram
};

// certbrokerd.toml (service/config/config.h) with one issuer, "pebble", its account "main",
// and a solver for dns.test.
std::string ServiceToml(const ServiceConfig& config);

// policy.toml: a rule per agent.
std::string PolicyToml(const std::vector<DevAgent>& agents);

// `text` as a TOML basic string, with its quotes.
std::string TomlString(std::string_view text);

}  // namespace certbroker::dev
