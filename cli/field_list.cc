#include "cli/field_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"

namespace certbroker::cli {
namespace {

constexpr std::size_t kValueLimit = 4096;

}  // namespace

void FieldList::Add(std::string_view name, std::string_view value) {
  if (!value.empty()) fields_.emplace_back(name, Printable(value, kValueLimit));
}

std::string FieldList::Text() const {
  std::size_t width = 0;
  for (const auto& [name, value] : fields_) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : fields_) text += fmt::format("{:<{}}  {}\n", name, width, value);
  return text;
}

}  // namespace certbroker::cli
