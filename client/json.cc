#include "client/json.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

namespace certbroker::client {

Result<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    return Error(Reason::kInternal, fmt::format("{} has no JSON form: {}", message.GetTypeName(),
                                                Printable(status.ToString())));
  }
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string ErrorJson(const Error& error) {
  nlohmann::ordered_json violations = nlohmann::ordered_json::array();
  for (const Violation& violation : error.violations()) {
    violations.push_back({{"subject", violation.subject},
                          {"reason", std::string(TraitsOf(violation.reason).name)},
                          {"description", violation.description}});
  }
  nlohmann::ordered_json inner = {{"reason", std::string(TraitsOf(error.reason()).name)},
                                  {"message", error.detail()},
                                  {"violations", std::move(violations)}};
  if (error.retry_after()) inner["retry_after_seconds"] = error.retry_after()->count();
  const nlohmann::ordered_json document = {{"error", std::move(inner)}};
  // Replaces what is not UTF-8; the strict handler would throw.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::client
