// service/config/toml_table.h: strict reading of a TOML file: every key is asked for or refused,
// and all problems of the file come back at once, each with file, line and key.
//
//   RETURN_IF_ERROR(ReadToml(text, "policy.toml", [&](TomlTable& root) {
//     version = root.RequiredText("version", "the policy's version").value;
//     root.Tables("rules", [&](TomlTable& rule) { … });
//   }));
//
// A method that finds a problem records it and answers something harmless, so that reading goes on;
// ReadToml then fails, and what was read is thrown away. Who leaves a key unread has it refused as
// unknown when the table's callback returns, so no key can be forgotten on either side.
//
// For the two rooms that read TOML: the service's configuration and service/policy. toml++ is seen
// only here. Not thread-safe; lives inside one call of ReadToml.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace certbroker::config {

// A string of the file and where it stands, so that a check by the caller can point at it.
struct TomlText {
  std::string value;
  std::string key;  // "rules[0].names[2]"
  int line = 0;     // from 1; 0: not in the file, `value` is a default
};

// Both ends included.
template <class T>
struct Range {
  T min;
  T max;
};

class TomlTable {
 public:
  // `expected` completes "expected …, got …" for people: "the path of the PKCS#11 module".
  // No text of the file may hold control or bidirectional characters: it ends up in paths and logs.
  TomlText RequiredText(std::string_view key, std::string_view expected);  // nor be empty
  TomlText TextOr(std::string_view key, std::string_view expected, std::string_view fallback);
  // A list of strings, each once. Required: the key is there and the list is not empty.
  std::vector<TomlText> RequiredTexts(std::string_view key, std::string_view expected);
  std::vector<TomlText> Texts(std::string_view key, std::string_view expected);

  // A list as above, or one string alone.
  std::vector<TomlText> RequiredOneOrMore(std::string_view key, std::string_view expected);
  // A list of strings in which one may stand twice.
  std::vector<TomlText> Sequence(std::string_view key, std::string_view expected);

  bool BooleanOr(std::string_view key, bool fallback);
  std::int64_t IntegerOr(std::string_view key, Range<std::int64_t> range, std::int64_t fallback);
  // A string of digits and a unit: "500ms", "30s", "5m", "1h", "30d".
  std::chrono::milliseconds DurationOr(std::string_view key, Range<std::chrono::milliseconds> range,
                                       std::chrono::milliseconds fallback);

  // Reads the table under `key`. An absent one is read as an empty one, so that its required keys
  // are named as missing one by one.
  void Table(std::string_view key, const std::function<void(TomlTable&)>& read);
  // Reads each table of an array of tables in the order of the file; an absent array has none.
  void Tables(std::string_view key, const std::function<void(TomlTable&)>& read);
  void RequiredTables(std::string_view key, const std::function<void(TomlTable&)>& read);

  bool Has(std::string_view key) const;

  // Records a problem that the caller found: with a text, or with a key of this table.
  void Refuse(const TomlText& text, std::string_view what);
  void Refuse(std::string_view key, std::string_view what);

 private:
  friend Result<void> ReadToml(std::string_view, const std::string&,
                               const std::function<void(TomlTable&)>&);
  struct Source;  // keeps toml++ out of this header
  explicit TomlTable(Source& source) : source_(source) {}
  static void Read(Source& source, const std::function<void(TomlTable&)>& read);

  TomlText ReadText(std::string_view key, std::string_view expected, std::string_view fallback);
  TomlText Checked(TomlText text);
  enum class Twice { kAllow, kRefuse };
  std::vector<TomlText> ReadTexts(std::string_view key, std::string_view expected, Twice twice);

  Source& source_;
};

// Parses `text` and hands its top table to `read`. `file_name` is what errors call it; it is not
// opened. kConfigInvalid, see Problems::ToResult; text that is not TOML ends at its first problem.
Result<void> ReadToml(std::string_view text, const std::string& file_name,
                      const std::function<void(TomlTable&)>& read);

}  // namespace certbroker::config
