#include "db/row.h"

#include <charconv>

#include <pqxx/array>

namespace certbroker::db {
namespace {

// "2026-11-21 07:30:00.25+00" (ISO, any time zone) as RFC 3339.
std::optional<Time> ParseTimestamp(std::string text) {
  const auto space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  text[space] = 'T';
  const auto sign = text.find_first_of("+-", space);
  if (sign == std::string::npos) return std::nullopt;
  if (text.size() == sign + 3) text += ":00";
  return ParseRfc3339(text);
}

}  // namespace

std::string Row::Text(const char* column) const noexcept {
  const pqxx::field field = Field(column);
  return {field.c_str(), field.size()};
}

std::optional<std::string> Row::OptionalText(const char* column) const noexcept {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

std::int64_t Row::Int64(const char* column) const noexcept {
  const std::string text = Text(column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CERTBROKER_CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

Bytes Row::Octets(const char* column) const noexcept {
  const std::string text = Text(column);
  CERTBROKER_CHECK(text.starts_with("\\x"));
  auto bytes = FromHex(std::string_view(text).substr(2));
  CERTBROKER_CHECK(bytes.has_value());
  return *std::move(bytes);
}

Time Row::At(const char* column) const noexcept {
  const auto time = ParseTimestamp(Text(column));
  CERTBROKER_CHECK(time.has_value());
  return *time;
}

std::optional<Time> Row::OptionalAt(const char* column) const noexcept {
  if (IsNull(column)) return std::nullopt;
  return At(column);
}

std::vector<std::string> Row::Texts(const char* column) const noexcept {
  using juncture = pqxx::array_parser::juncture;
  std::vector<std::string> texts;
  if (IsNull(column)) return texts;
  const std::string text = Text(column);
  // The client encoding is UTF-8, in which no byte of a longer character looks like a delimiter, so
  // the parser's single-byte mode is right.
  pqxx::array_parser parser(text.c_str());
  for (auto next = parser.get_next(); next.first != juncture::done; next = parser.get_next()) {
    if (next.first == juncture::string_value) texts.push_back(std::move(next.second));
  }
  return texts;
}

std::vector<Identifier> Row::Names(const char* column) const noexcept {
  std::vector<Identifier> names;
  for (const std::string& text : Texts(column)) {
    auto name = Identifier::Parse(text);
    CERTBROKER_CHECK(name.has_value());
    names.push_back(*std::move(name));
  }
  return names;
}

HttpsUrl Row::Url(const char* column) const noexcept {
  if (IsNull(column)) return {};
  auto url = HttpsUrl::Parse(Text(column));
  CERTBROKER_CHECK(url.has_value());
  return *std::move(url);
}

}  // namespace certbroker::db
