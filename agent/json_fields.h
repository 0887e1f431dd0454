// agent/json_fields.h: what the agent's state files have in common. For their .cc files only.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/pending_request.h"
#include "core/result.h"

namespace certbroker::agent {

bool HasVersion(const nlohmann::json& json, int version);
// Empty: not there, or no text.
std::string TextAt(const nlohmann::json& json, const char* field);
// Empty: not there. What is no text is left out.
std::vector<std::string> TextsAt(const nlohmann::json& json, const char* field);

// "identifiers", "issuer", "fallback_issuers", "profile", "profile_preferred", "key_type",
// "challenge_types".
void AddWish(const Wish& wish, nlohmann::ordered_json& json);
// kFileUnusable, kNameInvalid.
Result<Wish> WishIn(const nlohmann::json& json);

}  // namespace certbroker::agent
