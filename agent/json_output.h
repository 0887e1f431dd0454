// agent/json_output.h: documents that are made of several messages.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/result.h"
#include "google/protobuf/message.h"

namespace certbroker::agent {

// As client::ToJson, to be put into a larger document.
Result<nlohmann::ordered_json> AsJson(const google::protobuf::Message& message);

// Indented, with a newline at the end. Always valid UTF-8.
std::string TextOf(const nlohmann::ordered_json& document);

}  // namespace certbroker::agent
