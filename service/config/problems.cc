#include "service/config/problems.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::config {
namespace {

constexpr std::size_t kMaxViolations = 100;
constexpr std::size_t kMaxText = 1000;

}  // namespace

void Problems::Add(int line, std::string key, std::string_view what) {
  std::string text = file_name_;
  if (line > 0) text += fmt::format(":{}", line);
  if (!key.empty()) text += fmt::format(": {}", key);
  text += fmt::format(": {}", what);
  problems_.push_back({line, Printable(key, kMaxText), Printable(text, kMaxText)});
}

Result<void> Problems::ToResult() const {
  if (problems_.empty()) return {};
  std::vector<Problem> sorted = problems_;
  std::ranges::stable_sort(sorted, {}, &Problem::line);
  std::string detail = sorted.front().text;
  if (sorted.size() > 1) {
    detail += fmt::format(" (and {} more {} in this file)", sorted.size() - 1,
                          sorted.size() == 2 ? "problem" : "problems");
  }
  Error error(Reason::kConfigInvalid, std::move(detail));
  if (sorted.size() > kMaxViolations) sorted.resize(kMaxViolations);
  for (Problem& problem : sorted) {
    error = std::move(error).With(
        {std::move(problem.key), Reason::kConfigInvalid, std::move(problem.text)});
  }
  return error;
}

}  // namespace certbroker::config
