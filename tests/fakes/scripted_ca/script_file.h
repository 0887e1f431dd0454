// tests/fakes/scripted_ca/script_file.h: options and rules as JSON, for the program.
//
//   { "options": { "intermediates": 2, "eab_keys": {"kid-1": "base64url"}, … },   names as in
//   options.h
//     "rules": [ {"endpoint": "finalize", "from": 1, "times": 1, "percent": 100, "action": {…}} ],
//     "renewal_info": { "": {"status": 200, "body": "…", "headers": {"Retry-After": "60"}} } }
//
// An action has the members of action.h ("drop": "before" | "after", "problem": {"status", "type",
// "detail"}, "flaw": "foreign_key", …), or is one of the short forms: {"bad_nonce": true},
// {"rate_limited": "seconds" | "date" | … , "retry_after": 60}, {"paused": "a.example"},
// {"html": 502}, {"deep_json": 100000}, {"huge_body": 10000000}, {"malformed": "status_line" |
// "header_overflow" | "endless_headers" | "chunks" | "early_close"}. Durations are in milliseconds,
// where options.h and action.h do not say seconds.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tests/fakes/scripted_ca/options.h"
#include "tests/fakes/scripted_ca/script.h"

namespace certbroker::scripted_ca {

struct ScriptFile {
  Options options;
  std::vector<Rule> rules;
  std::map<std::string, Response> renewal_info;
};

// Members that are not there leave `defaults` as they are. kConfigInvalid, with the place.
Result<ScriptFile> ParseScriptFile(std::string_view text, Options defaults);
// A list of rules alone. kConfigInvalid, with the place.
Result<std::vector<Rule>> ParseRules(std::string_view text);

}  // namespace certbroker::scripted_ca
