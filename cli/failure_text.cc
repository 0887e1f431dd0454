#include "cli/failure_text.h"

#include <fmt/format.h>

#include "client/status.h"

namespace certbroker::cli {

std::string FailureReason(const google::rpc::Status& status) {
  return std::string(TraitsOf(client::FromProto(status).reason()).name);
}

std::string FailureText(const google::rpc::Status& status) {
  const Error error = client::FromProto(status);
  std::string text = error.ToString();
  for (const Violation& violation : error.violations()) {
    text += fmt::format("; {}: {}", violation.subject, violation.description);
  }
  return text;
}

}  // namespace certbroker::cli
