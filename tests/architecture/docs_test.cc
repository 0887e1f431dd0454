// What the documents claim in tables, held against the tables in the code.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/order_state.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using Row = std::vector<std::string>;

std::string Trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" `");
  const auto to = text.find_last_not_of(" `");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

// Table rows of a Markdown file whose first cell is a `CODE` word, by that word.
std::map<std::string, Row> RowsOf(const std::string& file) {
  std::ifstream in(std::filesystem::path(CERTBROKER_SOURCE_DIR) / "docs" / file);
  EXPECT_TRUE(in.good()) << file;
  std::map<std::string, Row> rows;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    Row cells;
    std::istringstream split(line.substr(1));
    for (std::string cell; std::getline(split, cell, '|');) cells.push_back(Trimmed(cell));
    EXPECT_TRUE(rows.emplace(cells[0], cells).second) << cells[0] << " has two rows in " << file;
  }
  return rows;
}

std::string_view NameOf(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCategory::kUnauthenticated:
      return "UNAUTHENTICATED";
    case ErrorCategory::kPermissionDenied:
      return "PERMISSION_DENIED";
    case ErrorCategory::kNotFound:
      return "NOT_FOUND";
    case ErrorCategory::kAlreadyExists:
      return "ALREADY_EXISTS";
    case ErrorCategory::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case ErrorCategory::kAborted:
      return "ABORTED";
    case ErrorCategory::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case ErrorCategory::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCategory::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case ErrorCategory::kCancelled:
      return "CANCELLED";
    case ErrorCategory::kInternal:
      return "INTERNAL";
  }
  return "?";
}

std::string_view NameOf(Retry retry) {
  if (retry == Retry::kNever) return "never";
  return retry == Retry::kLater ? "later" : "read back";
}

TEST(DocsTest, EveryReasonHasARowThatAgrees) {
  auto rows = RowsOf("errors.md");
  for (const auto& traits : AllReasons()) {
    SCOPED_TRACE(traits.name);
    const auto found = rows.find(std::string(traits.name));
    ASSERT_NE(found, rows.end()) << "docs/errors.md has no row for it";
    EXPECT_EQ(found->second[1], NameOf(traits.category));
    EXPECT_EQ(found->second[2], NameOf(traits.retry));
    EXPECT_GE(found->second[3].size(), 20U) << "say what it means and what to do";
    rows.erase(found);
  }
  for (const auto& [name, row] : rows)
    ADD_FAILURE() << "docs/errors.md has a row for " << name << ", which does not exist";
}

std::string NameOf(std::chrono::seconds deadline) {
  std::ostringstream text;
  if (deadline.count() == 0) {
    text << "–";
  } else if (deadline.count() % 3600 == 0) {
    text << deadline.count() / 3600 << " h";
  } else {
    text << deadline.count() / 60 << " min";
  }
  return text.str();
}

TEST(DocsTest, EveryOrderStateHasARowThatAgrees) {
  auto rows = RowsOf("order-lifecycle.md");
  for (const auto& traits : AllOrderStates()) {
    SCOPED_TRACE(traits.name);
    const auto found = rows.find(std::string(traits.name));
    ASSERT_NE(found, rows.end()) << "docs/order-lifecycle.md has no row for it";
    EXPECT_EQ(found->second[1], traits.terminal ? "yes" : "no");
    EXPECT_EQ(found->second[2], traits.cancellable ? "yes" : "no");
    EXPECT_EQ(found->second[3], NameOf(traits.deadline));
    EXPECT_EQ(found->second[4], traits.meaning);
    rows.erase(found);
  }
  for (const auto& [name, row] : rows)
    ADD_FAILURE() << "a row for " << name << ", which is no state";
}

}  // namespace
}  // namespace certbroker
