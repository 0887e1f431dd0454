#include "acme/solvers/program_style.h"

#include <nlohmann/json.hpp>

namespace certbroker::acme {

std::optional<ProgramStyle> ProgramStyleFromName(std::string_view name) {
  if (name == "json") return ProgramStyle::kJson;
  if (name == "lego_exec") return ProgramStyle::kLegoExec;
  if (name == "lego_exec_raw") return ProgramStyle::kLegoExecRaw;
  if (name == "dehydrated") return ProgramStyle::kDehydrated;
  return std::nullopt;
}

ProgramCall CallOf(ProgramStyle style, ProgramAction action, const DnsChallenge& challenge,
                   const std::string& program) {
  const bool present = action == ProgramAction::kPresent;
  const std::string word = present ? "present" : "cleanup";
  switch (style) {
    case ProgramStyle::kJson: {
      const nlohmann::json input = {
          {"action", word},           {"record_name", challenge.record_name},
          {"value", challenge.value}, {"domain", challenge.domain},
          {"token", challenge.token}, {"key_authorization", challenge.key_authorization}};
      // Names and tokens are ASCII; what is not is replaced rather than thrown about.
      const auto replace = nlohmann::json::error_handler_t::replace;
      return {
          .arguments = {}, .environment = {}, .input = input.dump(-1, ' ', true, replace) + "\n"};
    }
    case ProgramStyle::kLegoExec:
      return {.arguments = {word, challenge.record_name + ".", challenge.value},
              .environment = {{"EXEC_PATH", program}},
              .input = {}};
    case ProgramStyle::kLegoExecRaw:
      return {.arguments = {word, challenge.domain, challenge.token, challenge.key_authorization},
              .environment = {{"EXEC_PATH", program}, {"EXEC_MODE", "RAW"}},
              .input = {}};
    case ProgramStyle::kDehydrated:
      return {.arguments = {present ? "deploy_challenge" : "clean_challenge", challenge.domain,
                            challenge.token, challenge.value},
              .environment = {},
              .input = {}};
  }
  return {};
}

}  // namespace certbroker::acme
