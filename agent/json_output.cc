#include "agent/json_output.h"

#include "client/json.h"

namespace certbroker::agent {

Result<nlohmann::ordered_json> AsJson(const google::protobuf::Message& message) {
  ASSIGN_OR_RETURN(const std::string text, client::ToJson(message));
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error(Reason::kInternal, "protobuf printed what is no JSON");
  return json;
}

std::string TextOf(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::agent
