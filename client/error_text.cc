#include "client/error_text.h"

#include <fmt/format.h>

#include "core/error_text.h"

namespace certbroker::client {
namespace {

std::string RetryAdvice(const Error& error) {
  if (error.retry_after())
    return fmt::format("Try again after {} s.", error.retry_after()->count());
  if (error.retry() == Retry::kReadBackFirst) {
    return "It may have taken effect all the same: look before you repeat it.";
  }
  // Errors of this host and proofs of control say themselves what has to change first.
  if (error.category() == ErrorCategory::kUnavailable &&
      error.reason() != Reason::kServiceUnreachable) {
    return "This usually passes by itself: try again.";
  }
  return {};
}

}  // namespace

std::string Advice(const Error& error) {
  if (error.reason() == Reason::kNameNotAuthorized) return "No CA was asked.";
  if (error.reason() == Reason::kAccountNotReady) {
    return "An operator can look with 'certbroker accounts list'.";
  }
  if (error.reason() == Reason::kInternal) {
    return "This is a fault in certbroker: please report it.";
  }
  // The client's own: it has said how to go on.
  if (error.reason() == Reason::kDeadlineExceeded) return {};
  return RetryAdvice(error);
}

std::string ErrorText(std::string_view program, const Error& error) {
  std::string text = certbroker::ErrorText(program, error);
  if (const std::string advice = Advice(error); !advice.empty()) {
    text += fmt::format("  {}\n", advice);
  }
  return text;
}

}  // namespace certbroker::client
