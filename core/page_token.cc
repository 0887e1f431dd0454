#include "core/page_token.h"

#include <cstdint>

#include "core/bytes.h"

namespace certbroker {
namespace {

constexpr std::size_t kTagBytes = 8;

// FNV-1a, 64 bits: tells lists apart, the same in every build.
std::string TagOf(std::string_view list) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : list) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  std::string tag;
  for (std::size_t i = 0; i < kTagBytes; ++i) tag += static_cast<char>((hash >> (8 * i)) & 0xFFU);
  return tag;
}

}  // namespace

std::string MakePageToken(std::string_view list, std::string_view last) {
  return Base64Url(AsBytes(TagOf(list).append(last)));
}

Result<std::string> ReadPageToken(std::string_view list, std::string_view token) {
  const auto bytes = FromBase64Url(token);
  if (!bytes || AsText(*bytes).substr(0, kTagBytes) != TagOf(list)) {
    return Error(Reason::kInvalidArgument,
                 "the page token does not belong to this list: send the next_page_token of the "
                 "page before with the same filter, or none for the first page");
  }
  return std::string(AsText(*bytes).substr(kTagBytes));
}

}  // namespace certbroker
