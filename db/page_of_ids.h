// db/page_of_ids.h: one page of the keys of a list, newest first.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/page.h"
#include "core/page_token.h"
#include "core/result.h"

namespace certbroker::db {

inline constexpr int kMaxPageSize = 1000;
inline int ClampedSize(const PageRequest& page) { return std::clamp(page.size, 1, kMaxPageSize); }

// Where the page begins: after this key; nothing: at the newest. `list` as for MakePageToken;
// `is_key` says whether a text is a key of the list: whoever forges a token hears that it is wrong.
template <class IsKey>
Result<std::optional<std::string>> StartOf(const PageRequest& page, std::string_view list,
                                           const IsKey& is_key) {
  if (page.token.empty()) return std::optional<std::string>();
  ASSIGN_OR_RETURN(auto last, ReadPageToken(list, page.token));
  if (is_key(last)) return std::optional(std::move(last));
  return Error(Reason::kInvalidArgument,
               "the page token names no place in this list: send a next_page_token as it came");
}

// A place that is a number, short enough for a bigint.
inline bool IsPosition(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;
  return !text.empty() && text.size() <= kMaxDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Takes the one key too many that was asked for, to learn whether there is another page, off
// `keys`; returns the token of that page.
template <class Key, class ToText>
std::string CutToPage(std::vector<Key>& keys, const PageRequest& page, std::string_view list,
                      const ToText& to_text) {
  const auto size = static_cast<std::size_t>(ClampedSize(page));
  if (keys.size() <= size) return {};
  keys.resize(size);
  return MakePageToken(list, to_text(keys.back()));
}

}  // namespace certbroker::db
