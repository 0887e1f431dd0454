// core/bytes.h: octets, and their text forms: base64url without padding (RFC 7515 §2), lower-case
// hex.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace certbroker {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The octets of a text, without copying. The text must outlive the view.
inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes ToBytes(ByteView view) { return {view.begin(), view.end()}; }

std::string Base64Url(ByteView bytes);
// Strict: no padding, no white space, no other alphabet, no non-zero trailing bits. nullopt for
// anything else.
std::optional<Bytes> FromBase64Url(std::string_view text);

// Whether every character is one of the alphabet; not whether FromBase64Url takes the text.
bool HasOnlyBase64UrlCharacters(std::string_view text);

std::string Hex(ByteView bytes);
std::optional<Bytes> FromHex(std::string_view text);  // either case, even length

}  // namespace certbroker
