// db/row.h: what a statement gave back, read by column name into our types.
//
// The columns are those of our own SQL and hold what our own code wrote: a missing column, an
// unknown name or a value that does not parse is a defect of ours and ends the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pqxx/result>

#include "core/bytes.h"
#include "core/check.h"
#include "core/https_url.h"
#include "core/identifier.h"
#include "core/ids.h"
#include "core/time.h"

namespace certbroker::db {

// Valid as long as the Rows it came from.
class Row {
 public:
  explicit Row(const pqxx::row& row) : row_(row) {}

  bool IsNull(const char* column) const noexcept { return Field(column).is_null(); }
  std::string Text(const char* column) const noexcept;  // null is empty
  std::optional<std::string> OptionalText(const char* column) const noexcept;
  std::int64_t Int64(const char* column) const noexcept;
  int Int(const char* column) const noexcept { return static_cast<int>(Int64(column)); }
  bool Bool(const char* column) const noexcept { return Text(column) == "t"; }
  Bytes Octets(const char* column) const noexcept;
  Time At(const char* column) const noexcept;
  std::optional<Time> OptionalAt(const char* column) const noexcept;
  std::vector<std::string> Texts(const char* column) const noexcept;  // null is empty
  std::vector<Identifier> Names(const char* column) const noexcept;
  HttpsUrl Url(const char* column) const noexcept;  // null is empty
  template <class Id>
  Id IdAs(const char* column) const noexcept {
    const auto id = Id::Parse(Text(column));
    CERTBROKER_CHECK(id.has_value());
    return *id;
  }
  // `from_name` is core's: OrderStateFromName and its like.
  template <class FromName>
  auto Named(const char* column, FromName from_name) const noexcept {
    const auto value = from_name(Text(column));
    CERTBROKER_CHECK(value.has_value());
    return *value;
  }
  // Every element of an array of texts.
  template <class T, class FromText>
  std::vector<T> All(const char* column, FromText from_text) const noexcept {
    std::vector<T> values;
    for (const std::string& text : Texts(column)) {
      auto value = from_text(text);
      CERTBROKER_CHECK(value.has_value());
      values.push_back(*std::move(value));
    }
    return values;
  }

 private:
  pqxx::field Field(const char* column) const noexcept { return row_[column]; }
  pqxx::row row_;
};

class Rows {
 public:
  explicit Rows(const pqxx::result& result) : result_(result) {}

  std::size_t size() const noexcept { return result_.size(); }
  bool empty() const noexcept { return result_.empty(); }
  Row operator[](std::size_t index) const noexcept { return Row(result_[CheckedIndex(index)]); }
  // Precondition: at least one row.
  Row front() const noexcept { return (*this)[0]; }

  // One value of every row.
  template <class Id>
  std::vector<Id> Ids(const char* column) const noexcept {
    std::vector<Id> ids;
    for (std::size_t i = 0; i < size(); ++i) ids.push_back((*this)[i].IdAs<Id>(column));
    return ids;
  }

 private:
  pqxx::result::size_type CheckedIndex(std::size_t index) const noexcept {
    CERTBROKER_CHECK(index < size());
    return static_cast<pqxx::result::size_type>(index);
  }
  pqxx::result result_;
};

}  // namespace certbroker::db
