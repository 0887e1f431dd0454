// client/json.h: what `-o json` prints.
#pragma once

#include <string>

#include "core/error.h"
#include "core/result.h"
#include "google/protobuf/message.h"

namespace certbroker::client {

// The message as JSON (protobuf's mapping) with the field names of the .proto files, indented, with
// a newline at the end. Fields that are not set are there with their defaults, so that a script
// finds the same shape every time; absent messages are not. bytes are base64, times RFC 3339.
// kInternal for a message that has no JSON form (a detail of a type that this program lacks).
Result<std::string> ToJson(const google::protobuf::Message& message);

// {"error": {"reason": "NOT_FOUND", "message": "…", "violations": [{"subject": …, "reason": …,
// "description": …}], "retry_after_seconds": 30}}; the last only where it is known. Always valid
// JSON, whatever the error quotes.
std::string ErrorJson(const Error& error);

}  // namespace certbroker::client
