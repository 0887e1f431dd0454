#include "client/error_text.h"

#include <fmt/format.h>

namespace certbroker::client {
namespace {

constexpr std::size_t kDetailLimit = 4096;

std::string RetryAdvice(const Error& error) {
  switch (error.retry()) {
    case Retry::kNever:
      return {};
    case Retry::kLater:
      if (error.retry_after()) {
        return fmt::format("Try again after {} s.", error.retry_after()->count());
      }
      return "It may succeed later, unchanged.";
    case Retry::kReadBackFirst:
      return "It may have taken effect all the same: look before you repeat it.";
  }
  return {};
}

}  // namespace

std::string Advice(const Error& error) {
  // The rest of the reasons either say it in their detail or have nothing to add but a retry.
  if (error.reason() == Reason::kNameNotAuthorized) {
    return "An operator can add the names to a rule of the policy. No CA was asked.";
  }
  if (error.reason() == Reason::kAccountNotReady) {
    return "An operator can look with 'certbroker accounts list'.";
  }
  if (error.reason() == Reason::kInternal) {
    return "This is a fault in certbroker: please report it.";
  }
  return RetryAdvice(error);
}

std::string ErrorText(std::string_view program, const Error& error) {
  std::string text = fmt::format("{}: {}: {}\n", program, TraitsOf(error.reason()).name,
                                 Printable(error.detail(), kDetailLimit));
  for (const Violation& violation : error.violations()) {
    text += fmt::format("  {}: {}\n", Printable(violation.subject),
                        Printable(violation.description, kDetailLimit));
  }
  if (const std::string advice = Advice(error); !advice.empty()) {
    text += fmt::format("  {}\n", advice);
  }
  return text;
}

}  // namespace certbroker::client
