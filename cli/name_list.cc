#include "cli/name_list.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::cli {
namespace {

constexpr int kShown = 2;

std::string Join(const Names& names, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return text;
}

}  // namespace

std::string ShortNames(const Names& names) {
  const int shown = std::min(names.size(), kShown);
  const int hidden = names.size() - shown;
  return Join(names, shown) + (hidden > 0 ? fmt::format(" +{}", hidden) : "");
}

std::string AllNames(const Names& names) { return Join(names, names.size()); }

std::string MoreText(const std::string& next_page_token) {
  return next_page_token.empty() ? "" : "There are more; --limit N shows N of them.\n";
}

}  // namespace certbroker::cli
