// acme/json.h: JSON from a CA as plain values, and the quoting of strings that go to one. The only
// place that knows a JSON library.
//
// What a CA sends is hostile: a document is bounded in octets, depth and number of values, a member
// named twice is refused (two readers of one document must not see two documents), and nothing
// throws. Values are immutable after parsing and own their text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/https_url.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::acme {

struct JsonLimits {
  std::size_t octets = std::size_t{256} * 1024;
  std::size_t depth = 32;
  std::size_t values = 10'000;  // members and array items, all levels together
};

class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;  // in order of arrival

  JsonValue() = default;  // null
  explicit JsonValue(bool value) : value_(value) {}
  explicit JsonValue(std::int64_t value) : value_(value) {}
  explicit JsonValue(double value) : value_(value) {}
  explicit JsonValue(std::string value) : value_(std::move(value)) {}
  explicit JsonValue(Array value) : value_(std::move(value)) {}
  explicit JsonValue(Object value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The value, or nothing when it is of another type. A number with a fraction or beyond int64 is
  // no integer.
  std::optional<bool> AsBool() const;
  std::optional<std::int64_t> AsInteger() const;
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }

  // The member of that name; null when there is none or this is no object.
  const JsonValue& operator[](std::string_view name) const;

 private:
  friend class JsonBuilder;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// kCaBadAnswer: not JSON (RFC 8259), not an object at the top, over a limit, or a member twice.
Result<JsonValue> ParseJsonObject(std::string_view text, const JsonLimits& limits = {});

// Typed members of an object. Absent and null are the same: nothing (tH5). Present with another
// type is kCaBadAnswer, naming the member.
Result<std::string> RequiredString(const JsonValue& object, std::string_view name);
Result<HttpsUrl> RequiredUrl(const JsonValue& object, std::string_view name);
Result<std::optional<std::string>> OptionalString(const JsonValue& object, std::string_view name);
Result<std::optional<HttpsUrl>> OptionalUrl(const JsonValue& object, std::string_view name);
Result<std::optional<Time>> OptionalTime(const JsonValue& object,
                                         std::string_view name);            // RFC 3339
Result<bool> OptionalBool(const JsonValue& object, std::string_view name);  // false when absent
// Empty when absent or null. The array lives as long as `object`.
Result<const JsonValue::Array*> OptionalArray(const JsonValue& object, std::string_view name);
Result<std::vector<std::string>> OptionalStrings(const JsonValue& object, std::string_view name);

// The string, or an empty one for what is none.
std::string TextOrEmpty(const JsonValue& value);

// `text` as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace certbroker::acme
