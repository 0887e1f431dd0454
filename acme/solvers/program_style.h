// acme/solvers/program_style.h: how a program is told what to do; the styles of certbroker, of lego
// and of dehydrated, whose scripts work unchanged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports/dns_solver.h"

namespace certbroker::acme {

enum class ProgramStyle {
  kJson,         // standard input: one JSON object; no arguments
  kLegoExec,     // present|cleanup FQDN. VALUE
  kLegoExecRaw,  // present|cleanup DOMAIN TOKEN KEY_AUTHORIZATION, with EXEC_MODE=RAW
  kDehydrated,   // deploy_challenge|clean_challenge DOMAIN TOKEN VALUE
};

// TOML "style": "json", "lego_exec", "lego_exec_raw", "dehydrated".
std::optional<ProgramStyle> ProgramStyleFromName(std::string_view name);

enum class ProgramAction { kPresent, kCleanUp };

struct ProgramCall {
  std::vector<std::string> arguments;  // after the configured argv
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;
};

// json: {"action":"present|cleanup","record_name","value","domain","token","key_authorization"}.
ProgramCall CallOf(ProgramStyle style, ProgramAction action, const DnsChallenge& challenge,
                   const std::string& program);

}  // namespace certbroker::acme
