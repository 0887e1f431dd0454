#include "core/page_token.h"

#include <cstdint>

#include "core/bytes.h"

namespace certbroker {
namespace {

constexpr std::size_t kTagBytes = 8;

// FNV-1a, 64 bits: tells lists and places apart, the same in every build.
std::string TagOf(std::string_view list, std::string_view last) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {list, std::string_view("\n"), last}) {
    for (const char c : part) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  std::string tag;
  for (std::size_t i = 0; i < kTagBytes; ++i) tag += static_cast<char>((hash >> (8 * i)) & 0xFFU);
  return tag;
}

}  // namespace

std::string MakePageToken(std::string_view list, std::string_view last) {
  return Base64Url(AsBytes(TagOf(list, last).append(last)));
}

Result<std::string> ReadPageToken(std::string_view list, std::string_view token) {
  const auto bytes = FromBase64Url(token);
  const std::string_view text = bytes ? AsText(*bytes) : std::string_view();
  if (text.size() < kTagBytes || text.substr(0, kTagBytes) != TagOf(list, text.substr(kTagBytes))) {
    return Error(Reason::kInvalidArgument,
                 "the page token does not belong to this list: send the next_page_token of the "
                 "page before with the same filter, or none for the first page");
  }
  return std::string(text.substr(kTagBytes));
}

}  // namespace certbroker
