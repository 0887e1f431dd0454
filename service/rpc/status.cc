#include "service/rpc/status.h"

#include <string>
#include <utility>

#include "core/check.h"
#include "google/rpc/error_details.pb.h"

namespace certbroker::rpc {
namespace {

// Together, in base64 and with the message a second time (percent-encoded, up to three times as
// long), they stay below 8 KiB.
constexpr std::size_t kMaxMessageBytes = 1024;
constexpr std::size_t kMaxTextBytes = 300;
constexpr std::size_t kMaxViolationBytes = 1800;
constexpr std::size_t kViolationOverheadBytes = 40;  // the reason's name and protobuf's tags

grpc::StatusCode ToCode(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCategory::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCategory::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCategory::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case ErrorCategory::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCategory::kFailedPrecondition:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCategory::kAborted:
      return grpc::StatusCode::ABORTED;
    case ErrorCategory::kResourceExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCategory::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case ErrorCategory::kDeadlineExceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCategory::kCancelled:
      return grpc::StatusCode::CANCELLED;
    case ErrorCategory::kInternal:
      return grpc::StatusCode::INTERNAL;
  }
  CERTBROKER_CHECK(false);
}

void AddBadRequest(const Error& error, google::rpc::Status& status) {
  google::rpc::BadRequest bad;
  for (const Violation& violation : error.violations()) {
    auto* field = bad.add_field_violations();
    field->set_field(violation.subject);
    field->set_description(violation.description);
    field->set_reason(std::string(TraitsOf(violation.reason).name));
  }
  status.add_details()->PackFrom(bad);
}

void AddPreconditionFailure(const Error& error, google::rpc::Status& status) {
  google::rpc::PreconditionFailure failure;
  for (const Violation& violation : error.violations()) {
    auto* one = failure.add_violations();
    one->set_type(std::string(TraitsOf(violation.reason).name));
    one->set_subject(violation.subject);
    one->set_description(violation.description);
  }
  status.add_details()->PackFrom(failure);
}

// What fits into a trailer.
Error Shortened(const Error& error) {
  Error shortened(error.reason(), Printable(error.detail(), kMaxMessageBytes));
  if (const auto delay = error.retry_after()) shortened = std::move(shortened).RetryAfter(*delay);
  std::size_t used = 0;
  for (const Violation& violation : error.violations()) {
    Violation one = violation;
    one.subject = Printable(one.subject, kMaxTextBytes);
    one.description = Printable(one.description, kMaxTextBytes);
    used += one.subject.size() + one.description.size() + kViolationOverheadBytes;
    if (used > kMaxViolationBytes) break;
    shortened = std::move(shortened).With(std::move(one));
  }
  return shortened;
}

// `violations`: how many there were before some were left out.
google::rpc::Status ToProto(const Error& error, std::size_t violations) {
  google::rpc::Status status;
  status.set_code(ToCode(error.category()));
  status.set_message(error.detail());
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(TraitsOf(error.reason()).name));
  info.set_domain("certbroker");
  if (violations > error.violations().size()) {
    (*info.mutable_metadata())["omitted_violations"] =
        std::to_string(violations - error.violations().size());
  }
  status.add_details()->PackFrom(info);
  if (!error.violations().empty()) {
    if (error.category() == ErrorCategory::kInvalidArgument) {
      AddBadRequest(error, status);
    } else {
      AddPreconditionFailure(error, status);
    }
  }
  if (const auto delay = error.retry_after()) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(delay->count());
    status.add_details()->PackFrom(retry);
  }
  return status;
}

}  // namespace

google::rpc::Status ToProto(const Error& error) {
  return ToProto(error, error.violations().size());
}

Error Overloaded() {
  return Error(Reason::kOverloaded,
               "the service has more requests waiting than it takes on; try again")
      .RetryAfter(std::chrono::seconds{1});
}

grpc::Status ToStatus(const Error& error) {
  const google::rpc::Status status = ToProto(Shortened(error), error.violations().size());
  return {static_cast<grpc::StatusCode>(status.code()), status.message(),
          status.SerializeAsString()};
}

}  // namespace certbroker::rpc
