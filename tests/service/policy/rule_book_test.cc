#include "service/policy/rule_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certbroker::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Rule RuleFor(std::string name, const std::vector<std::string>& agents) {
  Rule rule;
  rule.name = std::move(name);
  for (const std::string& agent : agents) rule.agents.push_back(*AgentPattern::Parse(agent));
  return rule;
}

std::vector<std::string> NamesFor(const RuleBook& book, std::string agent) {
  std::vector<std::string> names;
  for (const Rule* rule : book.RulesFor(AgentId(std::move(agent)))) names.push_back(rule->name);
  return names;
}

TEST(RuleBookTest, FindsExactAndPrefixRulesInTheOrderOfTheFileEachOnce) {
  const RuleBook book({
      RuleFor("all web", {"spiffe://e/web-*"}),
      RuleFor("one and two", {"spiffe://e/web-01", "spiffe://e/web-02"}),
      RuleFor("db", {"spiffe://e/db"}),
      RuleFor("all", {"spiffe://e/*", "spiffe://e/web-01"}),
  });

  EXPECT_THAT(NamesFor(book, "spiffe://e/web-01"), ElementsAre("all web", "one and two", "all"));
  EXPECT_THAT(NamesFor(book, "spiffe://e/web-03"), ElementsAre("all web", "all"));
  EXPECT_THAT(NamesFor(book, "spiffe://e/db"), ElementsAre("db", "all"));
  EXPECT_THAT(NamesFor(book, "spiffe://f/db"), IsEmpty());
  EXPECT_THAT(NamesFor(book, ""), IsEmpty());
}

TEST(RuleBookTest, ACopyAnswersFromItsOwnRules) {
  auto book = std::make_unique<RuleBook>(std::vector<Rule>{RuleFor("db", {"spiffe://e/db"})});
  const RuleBook copy = *book;
  book.reset();
  EXPECT_THAT(NamesFor(copy, "spiffe://e/db"), ElementsAre("db"));
}

}  // namespace
}  // namespace certbroker::policy
