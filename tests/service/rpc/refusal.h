// tests/service/rpc/refusal.h: what a refused call tells its caller, read as any client of Google's
// error model reads it (AIP-193).
#pragma once

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>

#include "core/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace certbroker::rpc {

// nullopt: grpc-status-details-bin is absent, is no google.rpc.Status, or contradicts the status
// itself.
std::optional<google::rpc::Status> DetailsOf(const grpc::Status& status);

// The first detail of that type.
template <class Detail>
std::optional<Detail> DetailOf(const grpc::Status& status) {
  const auto details = DetailsOf(status);
  if (!details) return std::nullopt;
  for (const auto& any : details->details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

// The reason of ErrorInfo in our domain; empty: there is none.
std::string ReasonOf(const grpc::Status& status);
// The fields of BadRequest.
std::vector<std::string> FieldsOf(const grpc::Status& status);

MATCHER_P(IsRefusal, reason, std::string("is refused with ") + std::string(TraitsOf(reason).name)) {
  *result_listener << "which is " << arg.error_code() << " " << arg.error_message() << ", reason "
                   << ReasonOf(arg);
  return !arg.ok() && ReasonOf(arg) == TraitsOf(reason).name;
}

MATCHER(IsAnswered, "is OK") {
  *result_listener << "which is " << arg.error_code() << " " << arg.error_message();
  return arg.ok();
}

}  // namespace certbroker::rpc
