#include "cli/join_token_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/field_list.h"
#include "cli/name_list.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "client/json.h"
#include "client/table.h"
#include "client/time_text.h"

namespace certbroker::cli {
namespace {

std::string_view JoinTokenState(const v1::JoinToken& token, Time now) {
  if (token.has_use_time()) return "USED";
  return client::ToTime(token.expire_time()) <= now ? "EXPIRED" : "OPEN";
}

}  // namespace

std::string JoinTokensText(const v1::ListJoinTokensResponse& list, Time now) {
  if (list.join_tokens().empty()) {
    return "No join tokens. 'certbroker tokens create --agent NAME' makes one.\n";
  }
  client::Table table({"TOKEN", "STATE", "AGENT", "CREATED", "EXPIRES", "USED"});
  for (const v1::JoinToken& token : list.join_tokens()) {
    table.Add({IdOf(kJoinTokens, token.name()), std::string(JoinTokenState(token, now)),
               token.agent(), When(token.create_time(), now), When(token.expire_time(), now),
               token.has_use_time() ? When(token.use_time(), now) : ""});
  }
  return table.Text();
}

std::string JoinFactsText(const v1::CreateJoinTokenResponse& created, Time now) {
  FieldList fields;
  fields.Add("Agent", created.join_token().agent());
  fields.Add("Token", created.join_token().name());
  fields.Add("Expires", When(created.join_token().expire_time(), now));
  fields.Add("Service", AllNames(created.addresses()));
  return fields.Text() + "Run this on the agent's host. It works once, for whoever has it:\n";
}

std::string JoinCommandText(std::string_view line) {
  return fmt::format("certbroker-agent join {}\n", line);
}

Result<std::string> JoinTokenJson(const v1::JoinToken& token, std::string_view line) {
  ASSIGN_OR_RETURN(const std::string text, client::ToJson(token));
  nlohmann::ordered_json document;
  document["join_token"] = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  document["token"] = std::string(line);
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::cli
