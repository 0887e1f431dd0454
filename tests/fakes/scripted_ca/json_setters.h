// tests/fakes/scripted_ca/json_setters.h: reads JSON objects strictly: a member that nobody knows
// and a value of the wrong type are errors that say where.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/result.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

// Takes a member's value; false when it has the wrong type or range.
using Setter = std::function<bool(const Json&)>;
using Setters = std::map<std::string, Setter>;

// kConfigInvalid.
Result<void> ReadObject(const Json& json, const std::string& where, const Setters& setters);

inline Setter Into(std::string& out) {
  return [&out](const Json& json) {
    if (const auto* text = json.get_ptr<const std::string*>()) out = *text;
    return json.is_string();
  };
}

inline Setter Into(bool& out) {
  return [&out](const Json& json) {
    if (json.is_boolean()) out = json.get<bool>();
    return json.is_boolean();
  };
}

inline Setter Into(double& out) {
  return [&out](const Json& json) {
    if (json.is_number()) out = json.get<double>();
    return json.is_number();
  };
}

// Not negative.
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Setter Into(T& out) {
  return [&out](const Json& json) {
    if (!json.is_number_unsigned()) return false;
    out = json.get<T>();
    return true;
  };
}

// In the duration's own unit.
template <class Rep, class Period>
Setter Into(std::chrono::duration<Rep, Period>& out) {
  return [&out](const Json& json) {
    if (!json.is_number_integer()) return false;
    out = std::chrono::duration<Rep, Period>(json.get<Rep>());
    return true;
  };
}

inline Setter Into(Json& out) {
  return [&out](const Json& json) {
    out = json;
    return true;
  };
}

template <class T>
Setter Into(std::optional<T>& out) {
  return [&out](const Json& json) {
    T value{};
    if (!Into(value)(json)) return false;
    out = std::move(value);
    return true;
  };
}

inline Setter Into(std::vector<std::string>& out) {
  return [&out](const Json& json) {
    if (!json.is_array()) return false;
    out.clear();
    for (const Json& item : json) {
      if (!item.is_string()) return false;
      out.push_back(item.get<std::string>());
    }
    return true;
  };
}

// A word of a closed set; `parse` gives an optional.
template <class T, class Parse>
Setter IntoWord(T& out, Parse parse) {
  return [&out, parse](const Json& json) {
    const auto* text = json.get_ptr<const std::string*>();
    const auto value = text == nullptr ? std::nullopt : parse(*text);
    if (value) out = *value;
    return value.has_value();
  };
}

}  // namespace certbroker::scripted_ca
