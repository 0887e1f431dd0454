#include "service/dev/join_token_file.h"

#include <fstream>

#include <nlohmann/json.hpp>

namespace certbroker::dev {

Result<std::string> JoinTokenIn(const std::filesystem::path& answer) {
  std::ifstream file(answer);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_object() && json.contains("token") && json["token"].is_string()) {
    return json["token"].get<std::string>();
  }
  return Error(Reason::kInternal, "certbroker tokens create printed no token");
}

}  // namespace certbroker::dev
