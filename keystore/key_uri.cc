#include "keystore/key_uri.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <p11-kit/uri.h>

namespace certbroker::keystore {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::size_t kMaxUri = 1024;
constexpr std::size_t kMaxTokenLabel = sizeof(CK_TOKEN_INFO::label);
constexpr std::size_t kMaxId = 255;
constexpr auto kAttributes = std::to_array<std::string_view>(
    {"token", "serial", "manufacturer", "model", "id", "object", "type"});

struct UriFree {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};
using UriPtr = std::unique_ptr<P11KitUri, UriFree>;

Error Refused(std::string_view why) {
  return {Reason::kInvalidArgument,
          fmt::format("the PKCS#11 URI of a key {}; write it like "
                      "pkcs11:token=LABEL;id=%01%02;type=private (RFC 7512)",
                      why)};
}

// What p11-kit lets pass without a word: an attribute twice (its last one wins), an unknown one
// (dropped), queries that this keystore would have to ignore.
Result<void> CheckNames(std::string_view path) {
  std::set<std::string_view> seen;
  while (!path.empty()) {
    const auto end = path.find(';');
    const std::string_view attribute = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    const auto equals = attribute.find('=');
    const std::string_view name = attribute.substr(0, equals);
    if (std::ranges::find(kAttributes, name) == kAttributes.end()) {
      return Refused(fmt::format("has the attribute '{}', which this keystore does not know",
                                 Printable(name, 64)));
    }
    if (equals == std::string_view::npos || equals + 1 == attribute.size()) {
      return Refused(fmt::format("has an empty attribute '{}'", name));
    }
    // p11-kit takes a field that begins with a NUL for one that was not given, and everybody's C
    // strings end there.
    if (name != "id" && attribute.find("%00") != std::string_view::npos) {
      return Refused(fmt::format("has a NUL in '{}'", name));
    }
    if (!seen.insert(name).second) return Refused(fmt::format("has '{}' twice", name));
  }
  return {};
}

// RFC 3986 §3.1: the scheme is case-insensitive.
bool BeginsWithScheme(std::string_view text) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, lower);
}

Result<std::string_view> CheckText(std::string_view text) {
  if (text.size() > kMaxUri) return Refused(fmt::format("is longer than {} octets", kMaxUri));
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(text, visible)) {
    return Refused("holds a blank or an octet outside ASCII that is not percent-encoded");
  }
  if (!BeginsWithScheme(text)) return Refused("does not begin with 'pkcs11:'");
  const std::string_view path = text.substr(kScheme.size());
  if (path.find('?') != std::string_view::npos) {
    return Refused(
        "has a query part; PIN and module belong in the keystore's configuration, a PIN in a file");
  }
  return path;
}

// PKCS#11 pads these fields with blanks; a field that the URI did not name is all zero.
template <std::size_t N>
std::string UnpaddedText(const unsigned char (&field)[N]) {
  std::string text(reinterpret_cast<const char*>(field), N);
  text.resize(text.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return text;
}

// Given, but as nothing but blanks, which say the same as nothing.
bool IsBlank(const CK_TOKEN_INFO& token) {
  const auto blank = [](const auto& field) {
    return field[0] == ' ' && UnpaddedText(field).empty();
  };
  return blank(token.label) || blank(token.serialNumber) || blank(token.manufacturerID) ||
         blank(token.model);
}

Bytes AttributeOf(P11KitUri* uri, CK_ATTRIBUTE_TYPE type) {
  const CK_ATTRIBUTE* attribute = p11_kit_uri_get_attribute(uri, type);
  if (attribute == nullptr || attribute->pValue == nullptr) return {};
  const auto* data = static_cast<const std::uint8_t*>(attribute->pValue);
  return {data, data + attribute->ulValueLen};
}

void SetAttribute(P11KitUri* uri, CK_ATTRIBUTE_TYPE type, const void* data, std::size_t size) {
  CK_ATTRIBUTE attribute{type, const_cast<void*>(data), size};
  p11_kit_uri_set_attribute(uri, &attribute);
}

std::string Format(P11KitUri* uri) {
  const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  SetAttribute(uri, CKA_CLASS, &private_key, sizeof(private_key));
  char* formatted = nullptr;
  CERTBROKER_CHECK(p11_kit_uri_format(uri, P11_KIT_URI_FOR_ANY, &formatted) == P11_KIT_URI_OK);
  std::string text(formatted);
  std::free(formatted);  // NOLINT(cppcoreguidelines-no-malloc): p11-kit's contract
  return text;
}

bool IsPrivateKeyOrSilent(P11KitUri* uri) {
  const CK_OBJECT_CLASS want = CKO_PRIVATE_KEY;
  const Bytes got = AttributeOf(uri, CKA_CLASS);
  return got.empty() ||
         std::ranges::equal(got,
                            ByteView(reinterpret_cast<const std::uint8_t*>(&want), sizeof(want)));
}

}  // namespace

Result<KeyUri> KeyUri::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const std::string_view path, CheckText(text));
  RETURN_IF_ERROR(CheckNames(path));

  const UriPtr uri(p11_kit_uri_new());
  CERTBROKER_CHECK(uri != nullptr);
  const int parsed = p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (parsed != P11_KIT_URI_OK) {
    return Refused(fmt::format("cannot be read: {}", p11_kit_uri_message(parsed)));
  }
  // Values that p11-kit does not understand or cannot hold (a token label over 32 octets) are
  // dropped, and the URI would then match every token.
  if (p11_kit_uri_any_unrecognized(uri.get()) != 0) {
    return Refused("has a value that PKCS#11 cannot hold (too long, or an unknown type)");
  }
  if (!IsPrivateKeyOrSilent(uri.get())) return Refused("names something else than a private key");

  KeyUri result;
  const CK_TOKEN_INFO* token = p11_kit_uri_get_token_info(uri.get());
  if (IsBlank(*token)) return Refused("has an attribute of the token that is all blanks");
  result.token_ = UnpaddedText(token->label);
  result.serial_ = UnpaddedText(token->serialNumber);
  result.manufacturer_ = UnpaddedText(token->manufacturerID);
  result.model_ = UnpaddedText(token->model);
  result.id_ = AttributeOf(uri.get(), CKA_ID);
  result.object_ = std::string(AsText(AttributeOf(uri.get(), CKA_LABEL)));
  if (result.token_.empty() && result.serial_.empty()) {
    return Refused("names no token: give token or serial");
  }
  if (result.id_.empty() && result.object_.empty()) {
    return Refused("names no key: give id or object");
  }
  if (result.id_.size() > kMaxId || result.object_.size() > kMaxId) {
    return Refused(fmt::format("has an id or object over {} octets", kMaxId));
  }
  result.text_ = Format(uri.get());
  // Percent-encoding makes it longer; a text that cannot be read again must not be stored.
  if (result.text_.size() > kMaxUri) {
    return Refused(fmt::format("is longer than {} octets in its canonical form", kMaxUri));
  }
  return result;
}

Result<KeyUri> KeyUri::ForKey(const std::string& token_label, ByteView id) {
  if (token_label.empty() || token_label.size() > kMaxTokenLabel) {
    return Refused(fmt::format("needs a token label of 1 to {} octets", kMaxTokenLabel));
  }
  if (id.empty() || id.size() > kMaxId) return Refused("needs an id of 1 to 255 octets");
  const UriPtr uri(p11_kit_uri_new());
  CERTBROKER_CHECK(uri != nullptr);
  CK_TOKEN_INFO* token = p11_kit_uri_get_token_info(uri.get());
  std::ranges::fill(token->label, static_cast<unsigned char>(' '));
  std::ranges::copy(token_label, token->label);
  SetAttribute(uri.get(), CKA_ID, id.data(), id.size());
  return Parse(Format(uri.get()));
}

}  // namespace certbroker::keystore
