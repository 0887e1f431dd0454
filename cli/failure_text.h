// cli/failure_text.h: the error that a resource carries, for people.
#pragma once

#include <string>

#include "google/rpc/status.pb.h"

namespace certbroker::cli {

// "CA_RATE_LIMITED": the service's reason, for a column. Printable.
std::string FailureReason(const google::rpc::Status& status);

// "CA_RATE_LIMITED: what happened", then "; SUBJECT: what is wrong with it" per violation. One
// printable line without newline.
std::string FailureText(const google::rpc::Status& status);

}  // namespace certbroker::cli
