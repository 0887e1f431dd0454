#include "cli/keystore_json.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace certbroker::cli {
namespace {

using Json = nlohmann::ordered_json;

Json Attributes(const keystore::KeyDescription& key) {
  Json list = Json::array();
  for (const keystore::KeyAttribute& attribute : key.attributes) {
    list.push_back({{"name", attribute.name},
                    {"value", attribute.value},
                    {"required", attribute.required},
                    {"acceptable", attribute.acceptable},
                    {"remark", attribute.remark}});
  }
  return list;
}

Json Key(const keystore::KeyDescription& key) {
  Json json = {{"label", key.label},
               {"id", key.id},
               {"uri", key.uri},
               {"algorithm", key.algorithm},
               {"thumbprint", key.thumbprint},
               {"usable", !key.refusal.has_value()},
               {"attributes", Attributes(key)}};
  if (key.refusal) {
    json["refusal"] = {{"reason", std::string(TraitsOf(key.refusal->reason()).name)},
                       {"message", key.refusal->detail()}};
  }
  return json;
}

Json Token(const keystore::TokenFacts& token) {
  return {{"label", token.label},
          {"serial", token.serial},
          {"manufacturer", token.manufacturer},
          {"model", token.model}};
}

std::string Text(const Json& json) {
  // Replaces what is not UTF-8; the strict handler would throw.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string ProvisionJson(const keystore::ProvisionReport& report) {
  Json json = {{"token", Token(report.token)}, {"keys", Json::array()}};
  json["token"]["created"] = report.token_created;
  for (const keystore::ProvisionedKey& provisioned : report.keys) {
    Json key = Key(provisioned.key);
    key["created"] = provisioned.created;
    json["keys"].push_back(std::move(key));
  }
  return Text(json);
}

std::string DestroyJson(const keystore::DestroyOptions& asked,
                        const keystore::DestroyReport& report) {
  return Text({{"token", Token(report.token)},
               {"label", asked.key_label},
               {"id", Hex(asked.key_id)},
               {"private_key", report.private_key},
               {"public_key", report.public_key},
               {"destroyed", report.destroyed}});
}

std::string CheckJson(const keystore::KeystoreDescription& token) {
  Json json = {{"token", Token(token.token)}, {"keys", Json::array()}};
  for (const keystore::KeyDescription& key : token.keys) json["keys"].push_back(Key(key));
  return Text(json);
}

}  // namespace certbroker::cli
