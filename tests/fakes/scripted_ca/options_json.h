// tests/fakes/scripted_ca/options_json.h: options as JSON (script_file.h).
#pragma once

#include "core/result.h"
#include "tests/fakes/scripted_ca/options.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

// Members that are not there leave `options` as they are. kConfigInvalid, with the place.
Result<Options> OptionsFromJson(const Json& json, Options options);

}  // namespace certbroker::scripted_ca
