#include "service/policy/agent_uri.h"

#include <random>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certbroker::policy {
namespace {

using ::testing::HasSubstr;

TEST(AgentUriTest, AcceptsSpiffeIdsWithAPath) {
  for (const std::string& uri : {
           std::string("spiffe://example.org/agent/web-01"),
           std::string("spiffe://e/a"),
           std::string("spiffe://example.org/Agent/WEB_01.x"),  // the path's case is its own
           std::string("spiffe://10.0.0.1/a"),
           std::string("spiffe://a_b-c.d/..a/b../...//").substr(0, 28),
           "spiffe://" + std::string(255, 'd') + "/a",
           "spiffe://d/" + std::string(2048 - 11, 'p'),
       }) {
    EXPECT_EQ(AgentUriProblem(uri), "") << uri;
  }
}

TEST(AgentUriTest, SaysWhatIsWrong) {
  struct Case {
    std::string uri, says;
  };
  const Case kCases[] = {
      {"", "spiffe://"},
      {"spiffe:/e/a", "spiffe://"},
      {"SPIFFE://e/a", "spiffe://"},
      {" spiffe://e/a", "spiffe://"},
      {"https://e/a", "spiffe://"},
      {"urn:uuid:0", "spiffe://"},
      {"spiffe://", "no trust domain"},
      {"spiffe:///a", "no trust domain"},
      {"spiffe://Example.org/a", "trust domain holds"},
      {"spiffe://e:8443/a", "trust domain holds"},
      {"spiffe://user@e/a", "trust domain holds"},
      {"spiffe://e%2eorg/a", "trust domain holds"},
      {"spiffe://e?/a", "trust domain holds"},
      {"spiffe://b\xC3\xBC/a", "trust domain holds"},
      {"spiffe://[::1]/a", "trust domain holds"},
      {"spiffe://" + std::string(256, 'd') + "/a", "longer than 255"},
      {"spiffe://e", "no path"},
      {"spiffe://e/", "empty segment"},
      {"spiffe://e/a/", "empty segment"},
      {"spiffe://e//a", "empty segment"},
      {"spiffe://e/.", "\".\" or \"..\""},
      {"spiffe://e/./a", "\".\" or \"..\""},
      {"spiffe://e/a/..", "\".\" or \"..\""},
      {"spiffe://e/../a", "\".\" or \"..\""},
      {"spiffe://e/a/../../b", "\".\" or \"..\""},
      {"spiffe://e/%2e%2e/a", "path holds"},
      {"spiffe://e/a%2Fb", "path holds"},
      {"spiffe://e/a?b", "path holds"},
      {"spiffe://e/a#b", "path holds"},
      {"spiffe://e/a b", "path holds"},
      {"spiffe://e/a*", "path holds"},
      {"spiffe://e/a\\b", "path holds"},
      {"spiffe://e/a\n", "path holds"},
      {"spiffe://e/b\xC3\xBC", "path holds"},
      {std::string("spiffe://e/a\0", 13), "path holds"},
      {std::string("spiffe://e\0.f/a", 15), "trust domain holds"},
      {"spiffe://d/" + std::string(2048 - 10, 'p'), "longer than 2048"},
  };
  for (const Case& c : kCases) EXPECT_THAT(AgentUriProblem(c.uri), HasSubstr(c.says)) << c.uri;
}

// The same rule once more, as an expression, over texts made of its dangerous parts.
TEST(AgentUriTest, AgreesWithTheGrammar) {
  const std::regex grammar(R"(spiffe://[a-z0-9._\-]{1,255}(/(?!\.{1,2}(/|$))[A-Za-z0-9._\-]+)+)");
  const std::string parts[] = {"spiffe://", "/", ".", "..", "a", "A",  "e.org", "-", "%2e",
                               "*",         ":", "@", "?",  "#", "\n", " ",     "_", "\x80"};
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): reproducible on purpose
  int good = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random() % 8 == 0 ? "" : "spiffe://";
    if (random() % 4 != 0) text += "e/";
    // Mostly harmless parts, or nothing would be good.
    for (auto n = random() % 6; n > 0; --n) text += parts[random() % (random() % 4 == 0 ? 18 : 8)];
    const bool want = std::regex_match(text, grammar);
    good += want ? 1 : 0;
    EXPECT_EQ(AgentUriProblem(text).empty(), want) << text;
  }
  EXPECT_GT(good, 2'000);
}

}  // namespace
}  // namespace certbroker::policy
