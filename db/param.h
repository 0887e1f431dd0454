// db/param.h: a value on its way into a statement. Everything travels as text and is typed by the
// server from the statement, so that the statement alone says what it means.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/https_url.h"
#include "core/identifier.h"
#include "core/ids.h"
#include "core/time.h"

namespace certbroker::db {

// Implicit on purpose: `Exec(sql::kWakeOrder, {id})`.
// NOLINTBEGIN(google-explicit-constructor)
class Param {
 public:
  Param(std::nullopt_t /*null*/) {}
  Param(std::string text) : text_(std::move(text)) {}
  Param(std::string_view text) : text_(text) {}
  Param(const char* text) : text_(text) {}
  Param(bool value) : text_(value ? "t" : "f") {}
  Param(int value) : text_(std::to_string(value)) {}
  Param(std::int64_t value) : text_(std::to_string(value)) {}
  Param(std::chrono::milliseconds value) : Param(std::int64_t{value.count()}) {}
  Param(Time value) : text_(FormatRfc3339(value)) {}
  Param(Fence fence) : Param(fence.value) {}
  Param(IntentId id) : Param(id.value) {}
  template <class Tag>
  Param(const UuidId<Tag>& id) : text_(id.ToString()) {}
  template <class Tag>
  Param(const TextId<Tag>& id) : text_(id.ToString()) {}
  Param(const Identifier& name) : text_(name.ToString()) {}
  Param(const Bytes& bytes);   // bytea
  Param(const HttpsUrl& url);  // an empty one is null
  Param(const std::vector<std::string>& texts);
  Param(const std::vector<Identifier>& names);
  template <class T>
  Param(const std::optional<T>& value) : Param(value ? Param(*value) : Param(std::nullopt)) {}

  // One SQL array; null elements stay null.
  static Param Array(const std::vector<Param>& elements);

  const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};
// NOLINTEND(google-explicit-constructor)

using Params = std::vector<Param>;

// Octets of unknown encoding (a CA's answer) as bytea.
Param Octets(std::string_view octets);
// A text for people that may hold anything: made printable, because the database refuses what is
// not UTF-8 and an order must not hang on that.
Param ForPeople(std::string_view text);

}  // namespace certbroker::db
