#include "service/dev/stack_json.h"

#include <nlohmann/json.hpp>

namespace certbroker::dev {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json Identities(const StackFacts& facts) {
  Json list = Json::array();
  for (const auto& identity : facts.identities) {
    list.push_back({{"name", identity.name},
                    {"uri", identity.uri},
                    {"certificate", identity.files.certificate.string()},
                    {"key", identity.files.key.string()},
                    {"names", identity.names}});
  }
  return list;
}

Json Pids(const StackFacts& facts) {
  Json map = Json::object();
  for (const auto& [name, pid] : facts.pids) map[name] = pid;
  return map;
}

}  // namespace

std::string StackJson(const StackFacts& facts) {
  Json json;
  json["version"] = kVersion;
  json["directory"] = facts.directory.string();
  json["programs"] = facts.programs.string();
  json["agent"] = {{"address", facts.agent_address}, {"ca", facts.ca.string()}};
  json["agent"]["join_token"] = facts.join_token.string();
  json["operator"] = {{"address", facts.operator_address}};
  json["identities"] = Identities(facts);
  json["pebble"] = {{"program", facts.pebble_program},
                    {"directory_url", facts.pebble_directory_url},
                    {"tls_root", facts.pebble_tls_root.string()},
                    {"roots", facts.pebble_roots.string()},
                    {"management_url", facts.pebble_management_url},
                    {"challenge_server_url", facts.challenge_server_url},
                    {"http_port", facts.http_port},
                    {"tls_port", facts.tls_port},
                    {"dns_address", facts.dns_address}};
  json["database"] = {{"url", facts.database_url}, {"fsync", facts.database_fsync}};
  json["keystore"] = {{"module", facts.module.string()},
                      {"token", facts.token},
                      {"pin_file", facts.pin_file.string()},
                      {"key_label", facts.key_label},
                      {"key_uri", facts.key_uri},
                      {"softhsm2_conf", facts.softhsm2_conf.string()}};
  json["service"] = {{"config", facts.service_config.string()}, {"policy", facts.policy.string()}};
  json["pids"] = Pids(facts);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::dev
