// tests/fakes/scripted_ca/action_json.h: an action as JSON (script_file.h).
#pragma once

#include <string>

#include "core/result.h"
#include "tests/fakes/scripted_ca/action.h"

namespace certbroker::scripted_ca {

// kConfigInvalid; `where` is what the error names.
Result<Action> ActionFromJson(const Json& json, const std::string& where);

}  // namespace certbroker::scripted_ca
