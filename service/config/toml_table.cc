#include "service/config/toml_table.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "service/config/problems.h"

namespace certbroker::config {
namespace {

using std::chrono::milliseconds;

// toml++ 3.3 builds and destroys a dotted key ("a.a.a…") recursively and ends in a stack overflow
// at some ten thousand parts. A key cannot span lines, so a limit on the line is one on the depth.
constexpr std::size_t kMaxLine = 8192;

std::string_view NameOf(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "something else";
}

int LineOf(const toml::source_region& region) { return static_cast<int>(region.begin.line); }
int LineOf(const toml::node& node) { return LineOf(node.source()); }

struct Unit {
  std::string_view suffix;
  milliseconds length;
};
// Longest first: a duration is printed in the first unit that divides it. "ms" stands before "m"
// and "s" for no other reason than that.
constexpr Unit kUnits[] = {{"d", std::chrono::hours{24}},
                           {"h", std::chrono::hours{1}},
                           {"m", std::chrono::minutes{1}},
                           {"s", std::chrono::seconds{1}},
                           {"ms", milliseconds{1}}};

std::optional<milliseconds> ParseDuration(std::string_view text) {
  constexpr std::int64_t kMaxCount = 1'000'000'000;  // no unit overflows with it
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc() || text.front() == '-' || count > kMaxCount) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* unit = std::ranges::find(kUnits, suffix, &Unit::suffix);
  if (unit == std::end(kUnits)) return std::nullopt;
  return count * unit->length;
}

std::string DurationText(milliseconds duration) {
  const auto* unit = std::ranges::find_if(
      kUnits, [&](const Unit& u) { return duration % u.length == milliseconds::zero(); });
  return fmt::format("{}{}", duration / unit->length, unit->suffix);
}

// The number of the first line that is too long, or 0.
int OverlongLine(std::string_view text) {
  for (int line = 1;; ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    if (length > kMaxLine) return line;
    if (length == text.size()) return 0;
    text.remove_prefix(length + 1);
  }
}

// toml++ reports syntax by exception; this is the one place that sees it. nullopt: recorded.
std::optional<toml::table> ParseToml(std::string_view text, Problems& problems) {
  if (const int line = OverlongLine(text); line > 0) {
    problems.Add(line, "", fmt::format("the line is longer than {} characters", kMaxLine));
    return std::nullopt;
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    problems.Add(LineOf(error.source()), "",
                 fmt::format("not valid TOML: {}", error.description()));
    return std::nullopt;
  }
}

}  // namespace

struct TomlTable::Source {
  const toml::table& table;
  Problems& problems;
  std::string path;  // "issuers[0]"; empty: the top of the file
  int line = 0;      // of its header; 0: not in the file
  std::vector<std::string> asked = {};

  std::string PathOf(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }
  // nullptr: absent. From here on the key is a known one.
  const toml::node* Find(std::string_view key) {
    if (std::ranges::find(asked, key) == asked.end()) asked.emplace_back(key);
    return table.get(key);
  }
  void Missing(std::string_view key, std::string_view expected) {
    problems.Add(line, PathOf(key), fmt::format("missing; expected {}", expected));
  }
  void WrongType(std::string_view key, std::string_view expected, const toml::node& got) {
    problems.Add(LineOf(got), PathOf(key),
                 fmt::format("expected {}, got {}", expected, NameOf(got.type())));
  }
  void RefuseUnknownKeys() {
    for (const auto& [key, node] : table) {
      if (std::ranges::find(asked, key.str()) != asked.end()) continue;
      problems.Add(LineOf(key.source()), PathOf(key.str()),
                   asked.empty()
                       ? "unknown key; nothing is expected here"
                       : fmt::format("unknown key; expected {}{}",
                                     asked.size() > 1 ? "one of " : "", fmt::join(asked, ", ")));
    }
  }
};

TomlText TomlTable::Checked(TomlText text) {
  if (Printable(text.value, std::numeric_limits<std::size_t>::max() / 2) != text.value) {
    Refuse(text, "it holds control or bidirectional characters, which are not allowed");
    text.value.clear();
  }
  return text;
}

TomlText TomlTable::ReadText(std::string_view key, std::string_view expected,
                             std::string_view fallback) {
  const toml::node* node = source_.Find(key);
  TomlText text{std::string(fallback), source_.PathOf(key), 0};
  if (node == nullptr) return text;
  text.line = LineOf(*node);
  if (const auto* string = node->as_string()) {
    text.value = string->get();
    return Checked(std::move(text));
  }
  source_.WrongType(key, fmt::format("{} (a string)", expected), *node);
  return text;
}

TomlText TomlTable::RequiredText(std::string_view key, std::string_view expected) {
  const bool has = Has(key);
  const std::size_t problems_before = source_.problems.size();
  TomlText text = ReadText(key, expected, "");
  if (!has) {
    source_.Missing(key, expected);
  } else if (text.value.empty() && source_.problems.size() == problems_before) {
    Refuse(text, fmt::format("expected {}, got an empty string", expected));
  }
  return text;
}

TomlText TomlTable::TextOr(std::string_view key, std::string_view expected,
                           std::string_view fallback) {
  return ReadText(key, expected, fallback);
}

std::vector<TomlText> TomlTable::Texts(std::string_view key, std::string_view expected) {
  return ReadTexts(key, expected, Twice::kRefuse);
}

std::vector<TomlText> TomlTable::Sequence(std::string_view key, std::string_view expected) {
  return ReadTexts(key, expected, Twice::kAllow);
}

std::vector<TomlText> TomlTable::RequiredOneOrMore(std::string_view key,
                                                   std::string_view expected) {
  const toml::node* node = source_.table.get(key);
  if (node == nullptr || !node->is_string()) return RequiredTexts(key, expected);
  return {RequiredText(key, expected)};
}

std::vector<TomlText> TomlTable::ReadTexts(std::string_view key, std::string_view expected,
                                           Twice twice) {
  std::vector<TomlText> texts;
  const toml::node* node = source_.Find(key);
  if (node == nullptr) return texts;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    source_.WrongType(key, fmt::format("a list of {}", expected), *node);
    return texts;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::node& element = (*list)[i];
    const std::string element_key = fmt::format("{}[{}]", key, i);
    const auto* string = element.as_string();
    if (string == nullptr) {
      source_.WrongType(element_key, fmt::format("one of {} (a string)", expected), element);
      continue;
    }
    TomlText text = Checked({string->get(), source_.PathOf(element_key), LineOf(element)});
    if (seen.insert(text.value).second || twice == Twice::kAllow) {
      texts.push_back(std::move(text));
    } else {
      Refuse(text, fmt::format("\"{}\" is in the list twice", text.value));
    }
  }
  return texts;
}

std::vector<TomlText> TomlTable::RequiredTexts(std::string_view key, std::string_view expected) {
  const toml::node* node = source_.table.get(key);
  if (node == nullptr) {
    source_.Missing(key, fmt::format("a list of {}", expected));
  } else if (const toml::array* list = node->as_array(); list != nullptr && list->empty()) {
    source_.problems.Add(LineOf(*node), source_.PathOf(key),
                         fmt::format("expected a list of {}, got an empty list", expected));
  }
  return Texts(key, expected);
}

bool TomlTable::BooleanOr(std::string_view key, bool fallback) {
  const toml::node* node = source_.Find(key);
  if (node == nullptr) return fallback;
  if (const auto* boolean = node->as_boolean()) return boolean->get();
  source_.WrongType(key, "true or false", *node);
  return fallback;
}

std::int64_t TomlTable::IntegerOr(std::string_view key, Range<std::int64_t> range,
                                  std::int64_t fallback) {
  const toml::node* node = source_.Find(key);
  if (node == nullptr) return fallback;
  const std::string expected = fmt::format("a whole number from {} to {}", range.min, range.max);
  const auto* integer = node->as_integer();
  if (integer == nullptr) {
    source_.WrongType(key, expected, *node);
    return fallback;
  }
  const std::int64_t value = integer->get();
  if (value < range.min || value > range.max) {
    Refuse(key, fmt::format("expected {}, got {}", expected, value));
    return fallback;
  }
  return value;
}

milliseconds TomlTable::DurationOr(std::string_view key, Range<milliseconds> range,
                                   milliseconds fallback) {
  const std::string expected = fmt::format("a duration from {} to {}, such as \"30s\" or \"500ms\"",
                                           DurationText(range.min), DurationText(range.max));
  const std::size_t problems_before = source_.problems.size();
  const TomlText text = ReadText(key, expected, "");
  if (text.line == 0 || source_.problems.size() != problems_before) return fallback;
  const auto duration = ParseDuration(text.value);
  if (!duration || *duration < range.min || *duration > range.max) {
    Refuse(text, fmt::format("expected {}, got \"{}\"", expected, text.value));
    return fallback;
  }
  return *duration;
}

void TomlTable::Read(Source& source, const std::function<void(TomlTable&)>& read) {
  TomlTable table(source);
  read(table);
  source.RefuseUnknownKeys();
}

void TomlTable::Table(std::string_view key, const std::function<void(TomlTable&)>& read) {
  const toml::node* node = source_.Find(key);
  const toml::table empty;
  const toml::table* table = node == nullptr ? &empty : node->as_table();
  if (table == nullptr) {
    source_.WrongType(key, fmt::format("a table ([{}])", source_.PathOf(key)), *node);
    return;
  }
  Source child{*table, source_.problems, source_.PathOf(key), node == nullptr ? 0 : LineOf(*node)};
  Read(child, read);
}

void TomlTable::Tables(std::string_view key, const std::function<void(TomlTable&)>& read) {
  const toml::node* node = source_.Find(key);
  if (node == nullptr) return;
  const std::string expected = fmt::format("tables ([[{}]])", source_.PathOf(key));
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    source_.WrongType(key, expected, *node);
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::node& element = (*list)[i];
    const std::string element_key = fmt::format("{}[{}]", key, i);
    if (const toml::table* table = element.as_table(); table != nullptr) {
      Source child{*table, source_.problems, source_.PathOf(element_key), LineOf(element)};
      Read(child, read);
    } else {
      source_.WrongType(element_key, expected, element);
    }
  }
}

void TomlTable::RequiredTables(std::string_view key, const std::function<void(TomlTable&)>& read) {
  const toml::node* node = source_.table.get(key);
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (node == nullptr || (list != nullptr && list->empty())) {
    Refuse(key, fmt::format("missing; expected at least one [[{}]] table", source_.PathOf(key)));
  }
  Tables(key, read);
}

bool TomlTable::Has(std::string_view key) const { return source_.table.contains(key); }

void TomlTable::Refuse(const TomlText& text, std::string_view what) {
  source_.problems.Add(text.line, text.key, what);
}

void TomlTable::Refuse(std::string_view key, std::string_view what) {
  const toml::node* node = source_.table.get(key);
  source_.problems.Add(node == nullptr ? source_.line : LineOf(*node), source_.PathOf(key), what);
}

Result<void> ReadToml(std::string_view text, const std::string& file_name,
                      const std::function<void(TomlTable&)>& read) {
  Problems problems(file_name);
  if (const auto table = ParseToml(text, problems)) {
    TomlTable::Source source{*table, problems, "", 0};
    TomlTable::Read(source, read);
  }
  return problems.ToResult();
}

}  // namespace certbroker::config
