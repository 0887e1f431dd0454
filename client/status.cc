#include "client/status.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/check.h"
#include "google/rpc/error_details.pb.h"

namespace certbroker::client {
namespace {

constexpr std::size_t kDetailLimit = 4096;

// What the details of one status say.
struct Details {
  std::string reason;  // empty: there is no ErrorInfo of the service's
  std::vector<Violation> violations;
  std::optional<std::chrono::seconds> retry_after;
};

Violation MakeViolation(const std::string& subject, const std::string& reason,
                        const std::string& description) {
  return {Printable(subject), ReasonFromName(reason).value_or(Reason::kInvalidArgument),
          Printable(description, kDetailLimit)};
}

Details Decode(const google::rpc::Status& status) {
  Details details;
  for (const auto& any : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::PreconditionFailure failure;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info) && info.domain() == "certbroker") {
      details.reason = info.reason();
    } else if (any.UnpackTo(&bad)) {
      for (const auto& one : bad.field_violations()) {
        details.violations.push_back(MakeViolation(one.field(), one.reason(), one.description()));
      }
    } else if (any.UnpackTo(&failure)) {
      for (const auto& one : failure.violations()) {
        details.violations.push_back(MakeViolation(one.subject(), one.type(), one.description()));
      }
    } else if (any.UnpackTo(&retry)) {
      details.retry_after = std::chrono::seconds{retry.retry_delay().seconds()};
    }
  }
  return details;
}

// For a status that does not carry a reason we know.
Reason NearestReason(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
      return Reason::kServiceUnreachable;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return Reason::kInvalidArgument;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return Reason::kIdentityInvalid;
    case grpc::StatusCode::NOT_FOUND:
      return Reason::kNotFound;
    case grpc::StatusCode::ALREADY_EXISTS:
      return Reason::kAlreadyExists;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Reason::kOverloaded;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Reason::kDeadlineExceeded;
    case grpc::StatusCode::CANCELLED:
      return Reason::kCancelled;
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      return Reason::kInternal;
  }
  return Reason::kInternal;
}

std::string DetailWithoutReason(grpc::StatusCode code, const std::string& message) {
  std::string said = Printable(message.empty() ? "no further words" : message);
  if (code == grpc::StatusCode::UNAVAILABLE) {
    return fmt::format(
        "no connection to the service. Is it running, is the address right, does its certificate "
        "end in the given CA, and is the identity one that it accepts? ({})",
        said);
  }
  if (code == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return "the service did not answer in time. Is the address right, and is it reachable?";
  }
  if (code == grpc::StatusCode::UNIMPLEMENTED) {
    return fmt::format("the service does not know this call; is it an older version? ({})", said);
  }
  return said;
}

}  // namespace

Error FromProto(const google::rpc::Status& status) {
  const auto code = static_cast<grpc::StatusCode>(status.code());
  Details details = Decode(status);
  const auto reason = ReasonFromName(details.reason);
  std::string detail = Printable(status.message(), kDetailLimit);
  if (details.reason.empty()) {
    detail = DetailWithoutReason(code, status.message());
  } else if (!reason) {
    // A newer service; its word for it is better than none.
    detail = fmt::format("{}: {}", Printable(details.reason, 64), detail);
  }
  // Only what has no ErrorInfo at all can mean that nobody of ours was reached.
  const Reason nearest = !details.reason.empty() && code == grpc::StatusCode::UNAVAILABLE
                             ? Reason::kShuttingDown
                             : NearestReason(code);
  Error error(reason.value_or(nearest), std::move(detail));
  for (Violation& violation : details.violations) error = std::move(error).With(violation);
  if (details.retry_after) error = std::move(error).RetryAfter(*details.retry_after);
  return error;
}

Error FromStatus(const grpc::Status& status) {
  CERTBROKER_CHECK(!status.ok());
  google::rpc::Status proto;
  if (!proto.ParseFromString(status.error_details()) || proto.code() == 0) {
    proto.Clear();
    proto.set_code(status.error_code());
    proto.set_message(status.error_message());
  }
  return FromProto(proto);
}

}  // namespace certbroker::client
