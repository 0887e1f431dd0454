#include "tests/fakes/scripted_ca/script_file.h"

#include "tests/fakes/scripted_ca/action_json.h"
#include "tests/fakes/scripted_ca/json_setters.h"
#include "tests/fakes/scripted_ca/options_json.h"

namespace certbroker::scripted_ca {
namespace {

Result<Rule> ReadRule(const Json& json, const std::string& where) {
  Rule rule;
  Json action = Json::object();
  Endpoint endpoint = Endpoint::kUnknown;
  RETURN_IF_ERROR(ReadObject(json, where,
                             {{"endpoint", IntoWord(endpoint, &EndpointFromName)},
                              {"target_contains", Into(rule.target_contains)},
                              {"method", Into(rule.method)},
                              {"from", Into(rule.from)},
                              {"times", Into(rule.times)},
                              {"percent", Into(rule.percent)},
                              {"action", Into(action)}}));
  if (json.contains("endpoint")) rule.endpoint = endpoint;
  ASSIGN_OR_RETURN(rule.action, ActionFromJson(action, where + ".action"));
  return rule;
}

Result<std::vector<Rule>> ReadRules(const Json& json) {
  if (!json.is_array()) return Error(Reason::kConfigInvalid, "rules is no list");
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < json.size(); ++i) {
    ASSIGN_OR_RETURN(auto rule, ReadRule(json[i], "rules[" + std::to_string(i) + "]"));
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<Response> ReadAnswer(const Json& json, const std::string& where) {
  Response response{.status = 200, .content_type = "application/json"};
  Json headers = Json::object();
  RETURN_IF_ERROR(ReadObject(json, where,
                             {{"status", Into(response.status)},
                              {"content_type", Into(response.content_type)},
                              {"body", Into(response.body)},
                              {"headers", Into(headers)}}));
  for (const auto& [name, value] : headers.items()) {
    if (!value.is_string()) return Error(Reason::kConfigInvalid, where + ": a header is no text");
    response.headers.emplace_back(name, value.get<std::string>());
  }
  return response;
}

}  // namespace

Result<ScriptFile> ParseScriptFile(std::string_view text, Options defaults) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  Json options = Json::object();
  Json rules = Json::array();
  Json renewal_info = Json::object();
  RETURN_IF_ERROR(ReadObject(
      json, "script",
      {{"options", Into(options)}, {"rules", Into(rules)}, {"renewal_info", Into(renewal_info)}}));
  ScriptFile file;
  ASSIGN_OR_RETURN(file.options, OptionsFromJson(options, std::move(defaults)));
  ASSIGN_OR_RETURN(file.rules, ReadRules(rules));
  for (const auto& [id, answer] : renewal_info.items()) {
    ASSIGN_OR_RETURN(file.renewal_info[id], ReadAnswer(answer, "renewal_info[" + id + "]"));
  }
  return file;
}

Result<std::vector<Rule>> ParseRules(std::string_view text) {
  return ReadRules(Json::parse(text, nullptr, /*allow_exceptions=*/false));
}

}  // namespace certbroker::scripted_ca
