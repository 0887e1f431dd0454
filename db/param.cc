#include "db/param.h"

#include "core/error.h"

namespace certbroker::db {
namespace {

constexpr std::size_t kForPeopleLimitBytes = 4096;

// "{"a","b\"c",NULL}": the text form of an array, everything quoted.
std::string ArrayText(const std::vector<Param>& elements) {
  std::string text = "{";
  for (const Param& element : elements) {
    if (text.size() > 1) text += ',';
    if (!element.text()) {
      text += "NULL";
      continue;
    }
    text += '"';
    for (const char c : *element.text()) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text += '}';
}

}  // namespace

Param::Param(const Bytes& bytes) : text_("\\x" + Hex(bytes)) {}

Param::Param(const HttpsUrl& url) {
  if (!url.empty()) text_ = url.ToString();
}

Param::Param(const std::vector<std::string>& texts)
    : text_(ArrayText({texts.begin(), texts.end()})) {}

Param::Param(const std::vector<Identifier>& names)
    : text_(ArrayText({names.begin(), names.end()})) {}

Param Param::Array(const std::vector<Param>& elements) { return ArrayText(elements); }

Param Octets(std::string_view octets) { return "\\x" + Hex(AsBytes(octets)); }

Param ForPeople(std::string_view text) { return Printable(text, kForPeopleLimitBytes); }

}  // namespace certbroker::db
