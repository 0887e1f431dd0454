#include "agent/challenge.h"

#include <algorithm>

namespace certbroker::agent {
namespace {

constexpr std::size_t kTokenLimit = 256;

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kTokenLimit && std::ranges::all_of(text, IsBase64Url);
}

}  // namespace certbroker::agent
