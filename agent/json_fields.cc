#include "agent/json_fields.h"

#include <utility>

#include "pki/key_type.h"

namespace certbroker::agent {

bool HasVersion(const nlohmann::json& json, int version) {
  if (!json.is_object()) return false;
  const auto found = json.find("version");
  return found != json.end() && *found == version;
}

std::string TextAt(const nlohmann::json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> TextsAt(const nlohmann::json& json, const char* field) {
  std::vector<std::string> texts;
  const auto found = json.find(field);
  if (found == json.end() || !found->is_array()) return texts;
  for (const auto& one : *found) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

void AddWish(const Wish& wish, nlohmann::ordered_json& json) {
  json["identifiers"] = nlohmann::ordered_json::array();
  for (const Identifier& name : wish.names) json["identifiers"].push_back(name.ToString());
  json["issuer"] = wish.issuer;
  json["fallback_issuers"] = wish.fallback_issuers;
  json["profile"] = wish.profile;
  json["profile_preferred"] = wish.profile_preferred;
  json["key_type"] = std::string(pki::ToString(wish.key_type));
  json["challenge_types"] = wish.challenge_types;
}

Result<Wish> WishIn(const nlohmann::json& json) {
  Wish wish{.names = {}, .issuer = TextAt(json, "issuer"), .profile = TextAt(json, "profile")};
  // Files of earlier versions have neither.
  wish.fallback_issuers = TextsAt(json, "fallback_issuers");
  const auto preferred = json.find("profile_preferred");
  wish.profile_preferred =
      preferred != json.end() && preferred->is_boolean() && preferred->get<bool>();
  const auto names = json.find("identifiers");
  if (names != json.end() && names->is_array()) {
    for (const auto& one : *names) {
      ASSIGN_OR_RETURN(Identifier name,
                       Identifier::Parse(one.is_string() ? one.get<std::string>() : ""));
      wish.names.push_back(std::move(name));
    }
  }
  wish.challenge_types = TextsAt(json, "challenge_types");
  const auto key_type = pki::KeyTypeFromName(TextAt(json, "key_type"));
  if (wish.names.empty() || !key_type) {
    return Error(Reason::kFileUnusable, "does not say which names or kind of key");
  }
  wish.key_type = *key_type;
  return wish;
}

}  // namespace certbroker::agent
