#include "acme/json.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace certbroker::acme {

// Collects what nlohmann's text parser reports. That parser keeps its own stack on the heap, and
// ends as soon as one of these functions says false; depth is bounded before it can matter to the
// destructors of the values.
class JsonBuilder {
 public:
  using Number = nlohmann::json;

  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() { return Add(JsonValue()); }
  bool boolean(bool value) { return Add(JsonValue(value)); }
  bool number_integer(std::int64_t value) { return Add(JsonValue(value)); }
  bool number_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Add(JsonValue(static_cast<double>(value)));
    }
    return Add(JsonValue(static_cast<std::int64_t>(value)));
  }
  bool number_float(double value, const std::string& /*text*/) { return Add(JsonValue(value)); }
  bool string(std::string& value) { return Add(JsonValue(std::move(value))); }
  bool binary(Number::binary_t& /*value*/) { return Fail("a binary value"); }

  bool start_object(std::size_t /*elements*/) { return Open(JsonValue(JsonValue::Object())); }
  bool start_array(std::size_t /*elements*/) { return Open(JsonValue(JsonValue::Array())); }
  bool key(std::string& name) {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() {
    if (const std::string* twice = NamedTwice(*open_.back().value.AsObject()); twice != nullptr) {
      return Fail(fmt::format("the member \"{}\" twice", Printable(*twice, 100)));
    }
    return Close();
  }
  bool end_array() { return Close(); }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Number::exception& /*error*/) {
    return Fail(fmt::format("an error at octet {}", position));
  }

  const std::string& trouble() const { return trouble_; }
  JsonValue Take() && { return std::move(root_); }

 private:
  struct Container {
    JsonValue value;
    std::string name;  // of the member that is being read
  };

  static const std::string* NamedTwice(const JsonValue::Object& object) {
    std::vector<const std::string*> names;
    names.reserve(object.size());
    for (const auto& member : object) names.push_back(&member.first);
    std::ranges::sort(names, [](const auto* a, const auto* b) { return *a < *b; });
    const auto found =
        std::ranges::adjacent_find(names, [](const auto* a, const auto* b) { return *a == *b; });
    return found == names.end() ? nullptr : *found;
  }

  bool Fail(std::string why) {
    if (trouble_.empty()) trouble_ = std::move(why);
    return false;
  }

  bool Count() {
    if (++values_ <= limits_.values) return true;
    return Fail(fmt::format("more than {} values", limits_.values));
  }

  bool Open(JsonValue container) {
    if (!Count()) return false;
    if (open_.size() >= limits_.depth) {
      return Fail(fmt::format("values nested deeper than {}", limits_.depth));
    }
    open_.push_back({std::move(container), {}});
    return true;
  }

  bool Close() {
    JsonValue done = std::move(open_.back().value);
    open_.pop_back();
    Place(std::move(done));
    return true;
  }

  bool Add(JsonValue value) {
    if (!Count()) return false;
    Place(std::move(value));
    return true;
  }

  void Place(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* array = std::get_if<JsonValue::Array>(&open_.back().value.value_)) {
      array->push_back(std::move(value));
    } else {
      std::get<JsonValue::Object>(open_.back().value.value_)
          .emplace_back(std::move(open_.back().name), std::move(value));
    }
  }

  const JsonLimits& limits_;
  std::vector<Container> open_;
  JsonValue root_;
  std::size_t values_ = 0;
  std::string trouble_;
};

namespace {

Error Bad(std::string why) { return Error(Reason::kCaBadAnswer, std::move(why)); }

Error WrongType(std::string_view name, std::string_view wanted) {
  return Bad(fmt::format("the CA's answer has a member \"{}\" that is no {}", name, wanted));
}

Error Missing(std::string_view name) {
  return Bad(fmt::format("the CA's answer lacks the member \"{}\"", name));
}

}  // namespace

std::optional<bool> JsonValue::AsBool() const {
  const auto* value = std::get_if<bool>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> JsonValue::AsInteger() const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue kNull;
  const Object* object = AsObject();
  if (object == nullptr) return kNull;
  const auto found = std::ranges::find(*object, name, &Object::value_type::first);
  return found == object->end() ? kNull : found->second;
}

Result<JsonValue> ParseJsonObject(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.octets) {
    return Bad(fmt::format("the CA's answer is {} octets of JSON; at most {} are read", text.size(),
                           limits.octets));
  }
  JsonBuilder builder(limits);
  if (!nlohmann::json::sax_parse(text, &builder)) {
    return Bad(fmt::format("the CA's answer is not usable JSON: it has {}", builder.trouble()));
  }
  JsonValue root = std::move(builder).Take();
  if (root.AsObject() == nullptr) return Bad("the CA's answer is JSON but no object");
  return root;
}

Result<std::optional<std::string>> OptionalString(const JsonValue& object, std::string_view name) {
  const JsonValue& member = object[name];
  if (member.is_null()) return std::optional<std::string>();
  if (member.AsString() == nullptr) return WrongType(name, "string");
  return std::optional(*member.AsString());
}

Result<std::string> RequiredString(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(auto text, OptionalString(object, name));
  if (!text) return Missing(name);
  return *std::move(text);
}

Result<std::optional<HttpsUrl>> OptionalUrl(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(const auto text, OptionalString(object, name));
  if (!text) return std::optional<HttpsUrl>();
  auto url = HttpsUrl::Parse(*text);
  if (!url) return std::move(url).error().While(fmt::format("reading \"{}\"", name));
  return std::optional(*std::move(url));
}

Result<HttpsUrl> RequiredUrl(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(auto url, OptionalUrl(object, name));
  if (!url) return Missing(name);
  return *std::move(url);
}

Result<std::optional<Time>> OptionalTime(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(const auto text, OptionalString(object, name));
  if (!text) return std::optional<Time>();
  const auto time = ParseRfc3339(*text);
  if (!time) return WrongType(name, "time of RFC 3339");
  return time;
}

Result<bool> OptionalBool(const JsonValue& object, std::string_view name) {
  const JsonValue& member = object[name];
  if (member.is_null()) return false;
  const auto value = member.AsBool();
  if (!value) return WrongType(name, "boolean");
  return *value;
}

Result<const JsonValue::Array*> OptionalArray(const JsonValue& object, std::string_view name) {
  static const JsonValue::Array kEmpty;
  const JsonValue& member = object[name];
  if (member.is_null()) return &kEmpty;
  if (member.AsArray() == nullptr) return WrongType(name, "array");
  return member.AsArray();
}

Result<std::vector<std::string>> OptionalStrings(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(const JsonValue::Array* array, OptionalArray(object, name));
  std::vector<std::string> strings;
  for (const JsonValue& item : *array) {
    if (item.AsString() == nullptr) return WrongType(name, "array of strings");
    strings.push_back(*item.AsString());
  }
  return strings;
}

std::string TextOrEmpty(const JsonValue& value) {
  return value.AsString() == nullptr ? std::string() : *value.AsString();
}

std::string JsonQuote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace certbroker::acme
