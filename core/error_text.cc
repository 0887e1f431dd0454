#include "core/error_text.h"

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::size_t kDetailLimit = 4096;

// A file's problem begins with the place where it is, which names the subject better.
bool NamesItsSubject(const Violation& violation) {
  return violation.subject.empty() ||
         violation.description.find(": " + violation.subject + ": ") != std::string::npos;
}

std::string LineOf(const Violation& violation) {
  if (NamesItsSubject(violation)) return violation.description;
  return fmt::format("{}: {}", violation.subject, violation.description);
}

}  // namespace

std::string ErrorText(std::string_view program, const Error& error) {
  std::string text = fmt::format("{}: {}: {}\n", program, TraitsOf(error.reason()).name,
                                 Printable(error.detail(), kDetailLimit));
  for (const Violation& violation : error.violations()) {
    const std::string line = LineOf(violation);
    // An error about one thing alone says it all in its first line.
    const bool alone = error.violations().size() == 1;
    if (line == error.detail() ||
        (alone && error.detail().find(violation.subject) != std::string::npos &&
         error.detail().find(violation.description) != std::string::npos))
      continue;
    text += fmt::format("  {}\n", Printable(line, kDetailLimit));
  }
  return text;
}

}  // namespace certbroker
