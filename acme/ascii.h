// acme/ascii.h: what text from DNS records and header fields needs, in ASCII and in no locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace certbroker::acme {

inline std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// Without spaces and tabs at either end.
inline std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace certbroker::acme
