#include "service/config/toml_table.h"

#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Range<std::int64_t> kSmall = {1, 10};
constexpr Range<milliseconds> kShort = {milliseconds{500}, minutes{5}};

void ReadNothing(TomlTable& /*table*/) {}

// The descriptions of all problems that reading `text` with `read` finds.
std::vector<std::string> ProblemsOf(std::string_view text,
                                    const std::function<void(TomlTable&)>& read) {
  const auto result = ReadToml(text, "f.toml", read);
  std::vector<std::string> lines;
  if (result) return lines;
  EXPECT_THAT(result, IsError(Reason::kConfigInvalid));
  for (const Violation& violation : result.error().violations()) {
    lines.push_back(violation.description);
  }
  return lines;
}

TEST(TomlTableTest, ReadsWhatIsThere) {
  constexpr std::string_view kText = R"(
    text = "x"
    empty = ""
    texts = ["a", "b"]
    number = 7
    wait = "500ms"
    [table]
    inner = "y"
    [[list]]
    n = "1"
    [[list]]
    n = "2"
  )";
  std::vector<std::string> got;
  const auto result = ReadToml(kText, "f.toml", [&](TomlTable& t) {
    got.push_back(t.RequiredText("text", "a text").value);
    got.push_back(t.TextOr("empty", "a text", "fallback").value);
    for (const TomlText& text : t.RequiredTexts("texts", "texts")) got.push_back(text.value);
    EXPECT_EQ(t.IntegerOr("number", kSmall, 3), 7);
    EXPECT_EQ(t.DurationOr("wait", kShort, seconds{1}), milliseconds{500});
    t.Table("table", [&](TomlTable& u) { got.push_back(u.RequiredText("inner", "").value); });
    t.Tables("list", [&](TomlTable& u) { got.push_back(u.RequiredText("n", "").value); });
  });
  EXPECT_THAT(result, IsOk());
  EXPECT_THAT(got, ElementsAre("x", "", "a", "b", "y", "1", "2"));
}

TEST(TomlTableTest, AbsentOptionalsAreTheirFallbacks) {
  const auto result = ReadToml("", "f.toml", [&](TomlTable& t) {
    EXPECT_EQ(t.TextOr("a", "a text", "fallback").value, "fallback");
    EXPECT_EQ(t.TextOr("a", "a text", "fallback").line, 0);
    EXPECT_TRUE(t.Texts("b", "texts").empty());
    EXPECT_EQ(t.IntegerOr("c", kSmall, 3), 3);
    EXPECT_EQ(t.DurationOr("d", kShort, seconds{1}), seconds{1});
    t.Tables("e", [](TomlTable&) { FAIL() << "there is no such table"; });
    EXPECT_FALSE(t.Has("a"));
  });
  EXPECT_THAT(result, IsOk());
}

TEST(TomlTableTest, TextsKnowWhereTheyStand) {
  EXPECT_THAT(ProblemsOf("[[r]]\nnames = [\n  \"a\",\n  \"b\",\n]\n",
                         [](TomlTable& t) {
                           t.Tables("r", [](TomlTable& r) {
                             const auto names = r.Texts("names", "names");
                             ASSERT_EQ(names.size(), 2U);
                             r.Refuse(names[1], "is not nice");
                             r.Refuse("names", "are few");
                           });
                         }),
              ElementsAre("f.toml:2: r[0].names: are few", "f.toml:4: r[0].names[1]: is not nice"));
}

TEST(TomlTableTest, RefusesKeysNobodyAskedFor) {
  EXPECT_THAT(ProblemsOf("a = 1\nb = 2\nc = 3\n",
                         [](TomlTable& t) {
                           t.IntegerOr("a", kSmall, 1);
                           t.IntegerOr("bb", kSmall, 1);
                         }),
              ElementsAre("f.toml:2: b: unknown key; expected one of a, bb",
                          "f.toml:3: c: unknown key; expected one of a, bb"));
  EXPECT_THAT(ProblemsOf("[t]\nx = 1\n[u]\n", [](TomlTable& t) { t.Table("t", ReadNothing); }),
              ElementsAre("f.toml:2: t.x: unknown key; nothing is expected here",
                          "f.toml:3: u: unknown key; expected t"));
}

TEST(TomlTableTest, NamesEveryRequiredKeyOfAnAbsentTable) {
  EXPECT_THAT(ProblemsOf("",
                         [](TomlTable& t) {
                           t.Table("t", [](TomlTable& u) {
                             u.RequiredText("a", "a path");
                             u.RequiredTexts("b", "names");
                           });
                           t.RequiredTables("r", ReadNothing);
                         }),
              ElementsAre("f.toml: t.a: missing; expected a path",
                          "f.toml: t.b: missing; expected a list of names",
                          "f.toml: r: missing; expected at least one [[r]] table"));
}

TEST(TomlTableTest, PointsAtTheTableWhoseKeyIsMissing) {
  EXPECT_THAT(ProblemsOf("\n[t]\n[[r]]\n[[r]]\na = \"x\"\n",
                         [](TomlTable& t) {
                           t.Table("t", [](TomlTable& u) { u.RequiredText("a", "a path"); });
                           t.Tables("r", [](TomlTable& u) { u.RequiredText("a", "a path"); });
                         }),
              ElementsAre("f.toml:2: t.a: missing; expected a path",
                          "f.toml:3: r[0].a: missing; expected a path"));
}

// One reader per kind against one value of every type but its own.
TEST(TomlTableTest, RefusesEveryWrongType) {
  struct Value {
    std::string_view text, name;
  };
  const Value kValues[] = {{"\"x\"", "a string"},
                           {"5", "an integer"},
                           {"0.5", "a floating-point number"},
                           {"true", "a boolean"},
                           {"1979-05-27", "a date"},
                           {"07:32:00", "a time"},
                           {"1979-05-27T07:32:00Z", "a date and time"},
                           {"[\"x\"]", "a list"},
                           {"{}", "a table"}};
  struct Kind {
    std::string_view fits, expected;
    std::function<void(TomlTable&)> read;
  };
  const Kind kKinds[] = {
      {"a string", "expected a path (a string)",
       [](TomlTable& t) { t.RequiredText("k", "a path"); }},
      {"a string", "expected a path (a string)", [](TomlTable& t) { t.TextOr("k", "a path", ""); }},
      {"a list", "expected a list of names", [](TomlTable& t) { t.Texts("k", "names"); }},
      {"a list", "expected a list of names", [](TomlTable& t) { t.RequiredTexts("k", "names"); }},
      {"an integer", "expected a whole number from 1 to 10",
       [](TomlTable& t) { t.IntegerOr("k", kSmall, 1); }},
      {"a string", "expected a duration from 500ms to 5m",
       [](TomlTable& t) { t.DurationOr("k", kShort, seconds{1}); }},
      {"a table", "expected a table ([k])", [](TomlTable& t) { t.Table("k", ReadNothing); }},
      {"a list", "expected tables ([[k]])", [](TomlTable& t) { t.Tables("k", ReadNothing); }},
      {"a list", "expected tables ([[k]])",
       [](TomlTable& t) { t.RequiredTables("k", ReadNothing); }},
  };
  for (const Kind& kind : kKinds) {
    for (const Value& value : kValues) {
      if (value.name == kind.fits) continue;
      SCOPED_TRACE(std::string(kind.expected) + " from " + std::string(value.name));
      const auto problems = ProblemsOf("k = " + std::string(value.text) + "\n", kind.read);
      ASSERT_EQ(problems.size(), 1U);
      EXPECT_THAT(problems[0], HasSubstr("f.toml:1: k: " + std::string(kind.expected)));
      EXPECT_THAT(problems[0], ::testing::EndsWith(", got " + std::string(value.name)));
    }
  }
}

TEST(TomlTableTest, RefusesWrongElements) {
  EXPECT_THAT(ProblemsOf("k = [\"a\", 5, \"a\"]\n", [](TomlTable& t) { t.Texts("k", "names"); }),
              ElementsAre("f.toml:1: k[1]: expected one of names (a string), got an integer",
                          "f.toml:1: k[2]: \"a\" is in the list twice"));
  EXPECT_THAT(ProblemsOf("k = [{}, 5]\n", [](TomlTable& t) { t.Tables("k", ReadNothing); }),
              ElementsAre("f.toml:1: k[1]: expected tables ([[k]]), got an integer"));
}

TEST(TomlTableTest, RefusesEmptyWhereSomethingIsRequired) {
  EXPECT_THAT(ProblemsOf("a = \"\"\nb = []\nc = []\n",
                         [](TomlTable& t) {
                           t.RequiredText("a", "a path");
                           t.RequiredTexts("b", "names");
                           t.RequiredTables("c", ReadNothing);
                         }),
              ElementsAre("f.toml:1: a: expected a path, got an empty string",
                          "f.toml:2: b: expected a list of names, got an empty list",
                          "f.toml:3: c: missing; expected at least one [[c]] table"));
}

TEST(TomlTableTest, RefusesDurationsThatAreNone) {
  for (const std::string_view text : {"",
                                      "s",
                                      "30",
                                      "30 s",
                                      " 30s",
                                      "30s ",
                                      "+30s",
                                      "-30s",
                                      "3.5s",
                                      "30S",
                                      "30d",
                                      "1m30s",
                                      "0s",
                                      "499ms",
                                      "301s",
                                      "6m",
                                      "1h",
                                      "99999999999999999999s",
                                      "9223372036854775807h",
                                      "0x5s"}) {
    SCOPED_TRACE(text);
    const auto problems = ProblemsOf("k = \"" + std::string(text) + "\"\n", [](TomlTable& t) {
      EXPECT_EQ(t.DurationOr("k", kShort, seconds{1}), seconds{1});
    });
    EXPECT_THAT(problems,
                ElementsAre("f.toml:1: k: expected a duration from 500ms to 5m, such as \"30s\" or "
                            "\"500ms\", got \"" +
                            std::string(text) + "\""));
  }
}

TEST(TomlTableTest, TakesTheEndsOfARange) {
  EXPECT_THAT(ProblemsOf("a = \"500ms\"\nb = \"300s\"\nc = 1\nd = 10\n",
                         [](TomlTable& t) {
                           EXPECT_EQ(t.DurationOr("a", kShort, seconds{1}), milliseconds{500});
                           EXPECT_EQ(t.DurationOr("b", kShort, seconds{1}), minutes{5});
                           EXPECT_EQ(t.IntegerOr("c", kSmall, 5), 1);
                           EXPECT_EQ(t.IntegerOr("d", kSmall, 5), 10);
                         }),
              ElementsAre());
}

TEST(TomlTableTest, RefusesControlAndBidirectionalCharacters) {
  for (const std::string_view text :
       {"a\\u0000b", "a\\nb", "a\\u001b[31m", "a\\u007f", "a\\u202eb", "a\\u2066b", "a\\u2028b"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ProblemsOf("k = \"" + std::string(text) + "\"\n",
                           [](TomlTable& t) { t.RequiredText("k", "a path"); }),
                ElementsAre(HasSubstr("f.toml:1: k: it holds control or bidirectional")));
  }
}

TEST(TomlTableTest, NamesTheLineOfWhatIsNotToml) {
  struct Case {
    std::string text;
    int line;
  };
  const Case kCases[] = {
      {"a", 1},
      {"\n\na = ", 3},
      {"a = 1\na = 2\n", 2},                // duplicate key
      {"[t]\n[u]\n[t]\n", 3},               // duplicate table
      {"[t]\n[[t]]\n", 2},                  // table, then array of tables
      {"a = \"x\n", 1},                     // never closed
      {"a = \"\xFF\"\n", 1},                // not UTF-8
      {std::string("a = \"\0\"\n", 8), 1},  // NUL
      {"a = [1,\n2\n", 2},
      {"a = 99999999999999999999\n", 1},
      {"a = truE\n", 1},
      {"[", 1},
      {"\x1b[31m = 1\n", 1},
      {"a = " + std::string(300, '[') + "\n", 1},  // nested too deeply
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const auto problems = ProblemsOf(c.text, ReadNothing);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0], HasSubstr("f.toml:" + std::to_string(c.line) + ": not valid TOML: "));
    EXPECT_EQ(problems[0].find('\x1b'), std::string::npos);
  }
}

// toml++ 3.3 recurses once per part of a dotted key.
TEST(TomlTableTest, SurvivesDeepKeys) {
  const auto deep = [](std::size_t parts) {
    std::string text;
    for (std::size_t i = 1; i < parts; ++i) text += "a.";
    return text;
  };
  for (const std::string& text :
       {"x = 1\n" + deep(500'000) + "a = 1\n", "\n[" + deep(500'000) + "a]\n"}) {
    EXPECT_THAT(ProblemsOf(text, ReadNothing),
                ElementsAre("f.toml:2: the line is longer than 8192 characters"));
  }
  EXPECT_THAT(ProblemsOf(deep(4096) + "a\n", ReadNothing),
              ElementsAre(HasSubstr("not valid TOML")));
  EXPECT_THAT(ProblemsOf(deep(4094) + "a=1\n", ReadNothing), ElementsAre(HasSubstr("unknown key")));
}

}  // namespace
}  // namespace certbroker::config
