// T1: random policies × random requests, against the meaning of deploy/config/policy.toml written
// down a second time.
#include <algorithm>
#include <random>
#include <sstream>

#include "pki/requested_name.h"
#include "service/policy/explanation.h"
#include "service/policy/grant.h"
#include "service/policy/policy_file.h"
#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using Texts = std::vector<std::string>;

struct ModelRule {
  Texts agents, names, issuers, profiles, keys;
};

struct ModelRequest {
  std::string agent;
  Texts names;
  std::string issuer, key;
  std::optional<std::string> profile;
};

// ---- The reference model: 30 lines, on labels, sharing nothing with the code. ----

Texts Labels(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  if (text.back() == '.') text.pop_back();
  Texts labels;
  std::istringstream in(text);
  for (std::string label; std::getline(in, label, '.');) labels.push_back(label);
  return labels;
}
bool ModelName(const std::string& entry, const std::string& name) {
  const Texts e = Labels(entry), n = Labels(name);
  if (!e[0].empty()) return e == n;
  return n.size() >= e.size() && n[0] != "*" && std::equal(e.rbegin(), e.rend() - 1, n.rbegin());
}
bool ModelAgent(const std::string& entry, const std::string& agent) {
  if (entry.back() != '*') return entry == agent;
  return agent.substr(0, entry.size() - 1) + "*" == entry;
}
template <class Matches>
bool Any(const Texts& entries, const std::string& value, Matches matches) {
  return std::any_of(entries.begin(), entries.end(), [&](auto& e) { return matches(e, value); });
}
// How far a rule goes along with a request: 4 is all the way.
int ModelSteps(const ModelRule& rule, const ModelRequest& request) {
  if (!Any(rule.agents, request.agent, ModelAgent)) return 0;
  for (const auto& name : request.names)
    if (!Any(rule.names, name, ModelName)) return 0;
  const auto same = std::equal_to<>();
  if (!request.issuer.empty() && !Any(rule.issuers, request.issuer, same)) return 1;
  if (request.profile && !Any(rule.profiles, *request.profile, same)) return 2;
  return rule.keys.empty() || Any(rule.keys, request.key, same) ? 4 : 3;
}

// ---- Random policies and requests over a world small enough to collide all the time. ----

const Texts kAgents = {"spiffe://e/web-01",   "spiffe://e/web-02", "spiffe://e/web-0",
                       "spiffe://e/web-01/x", "spiffe://e/db",     "spiffe://e.f/web-01",
                       "spiffe://e/WEB-01"};
const Texts kAgentEntries = {"spiffe://e/web-01",  "spiffe://e/web-02", "spiffe://e/db",
                             "spiffe://e/web-*",   "spiffe://e/web-0*", "spiffe://e/*",
                             "spiffe://e/web-01*", "spiffe://e.f/*"};
const Texts kIssuers = {"public", "staging", "private"};
const Texts kProfiles = {"", "short", "long"};
const Texts kKeys = {"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"};
const Texts kNames = {"example.com",     "a.example.com",          "b.example.com",
                      "x.a.example.com", "y.x.a.example.com",      "*.example.com",
                      "*.a.example.com", "aexample.com",           "a.example.org",
                      "*.example.org",   "example.com.example.org"};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  bool OneIn(unsigned n) { return random_() % n == 0; }
  const std::string& OneOf(const Texts& texts) { return texts[random_() % texts.size()]; }
  // `count` different ones, in any order.
  Texts Some(Texts texts, std::size_t count) {
    std::shuffle(texts.begin(), texts.end(), random_);
    texts.resize(std::min(texts.size(), count));
    return texts;
  }
  std::size_t UpTo(std::size_t n) { return 1 + random_() % n; }

  ModelRule Rule() {
    ModelRule rule{Some(kAgentEntries, UpTo(2)), Some(kNames, UpTo(5)), Some(kIssuers, UpTo(2)),
                   OneIn(2) ? Texts{""} : Some(kProfiles, UpTo(2)),
                   OneIn(2) ? Texts{} : Some(kKeys, UpTo(4))};
    // Some grants become subtrees, some are written in another case.
    Texts seen;
    for (std::string& name : rule.names) {
      if (name[0] != '*' && OneIn(2)) name.insert(0, 1, '.');
      if (OneIn(4)) name[name.size() / 2] = static_cast<char>(std::toupper(name[name.size() / 2]));
    }
    return rule;
  }

  ModelRequest Request() {
    ModelRequest request{OneOf(kAgents), Some(kNames, OneIn(2) ? 1 : UpTo(4)),
                         OneIn(2) ? "" : OneOf(kIssuers), OneOf(kKeys), std::nullopt};
    if (OneIn(2)) request.profile = OneOf(kProfiles);
    for (std::string& name : request.names) {
      if (OneIn(4)) name += '.';
      if (OneIn(4)) name.back() = static_cast<char>(std::toupper(name.back()));
    }
    return request;
  }

 private:
  std::mt19937 random_;
};

std::string Toml(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out += "\"" + text + "\",";
  return "[" + out + "]\n";
}

std::string Toml(const std::vector<ModelRule>& rules) {
  std::string out = "version = \"1\"\n";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const ModelRule& rule = rules[i];
    out += "[[rules]]\nname = \"r" + std::to_string(i) + "\"\nagents = " + Toml(rule.agents);
    out += "names = " + Toml(rule.names) + "issuers = " + Toml(rule.issuers);
    // An absent key and its default must mean the same.
    if (rule.profiles != Texts{""} || i % 2 == 0) out += "profiles = " + Toml(rule.profiles);
    if (!rule.keys.empty()) out += "keys = " + Toml(rule.keys);
  }
  return out;
}

Wish WishOf(const ModelRequest& request) {
  Wish wish{AgentId(request.agent), {}, {}, request.profile, *pki::KeyTypeFromName(request.key)};
  for (const std::string& name : request.names) {
    wish.names.push_back(*pki::ParseRequestedName(name));
  }
  if (!request.issuer.empty()) wish.issuer = IssuerId(request.issuer);
  return wish;
}

std::string Describe(const ModelRequest& request) {
  return request.agent + " " + Toml(request.names) + request.issuer + " " +
         request.profile.value_or("(none)") + " " + request.key;
}

// Calls `check` for random policies × 60 random requests each; stops at the first that fails.
template <class Check>
void ForRandomCases(unsigned seed, unsigned policies, Check check) {
  World world(seed);
  for (unsigned p = 0; p < policies; ++p) {
    std::vector<ModelRule> model(world.UpTo(4));
    for (ModelRule& rule : model) rule = world.Rule();
    const auto file = ParsePolicyFile(Toml(model), "policy.toml");
    ASSERT_THAT(file, IsOk()) << Toml(model);
    const RuleBook book(file->rules);
    for (unsigned r = 0; r < 60; ++r) {
      const ModelRequest request = world.Request();
      check(model, book, request);
      ASSERT_FALSE(::testing::Test::HasFailure()) << Toml(model) << Describe(request);
    }
  }
}

TEST(GrantPropertyTest, AgreesWithTheReferenceModel) {
  constexpr Reason kReasons[] = {Reason::kNameNotAuthorized, Reason::kIssuerNotAllowed,
                                 Reason::kProfileNotAllowed, Reason::kKeyTypeNotAllowed};
  int outcomes[5] = {};
  const auto check = [&](const auto& model, const RuleBook& book, const ModelRequest& request) {
    int furthest = 0;
    std::size_t best = 0;
    for (std::size_t i = 0; i < model.size(); ++i) {
      const int steps = ModelSteps(model[i], request);
      if (steps > furthest) best = i;
      furthest = std::max(furthest, steps);
    }
    ++outcomes[furthest];

    const Wish wish = WishOf(request);
    const auto grant = FindGrant(book.RulesFor(wish.agent), wish);

    if (furthest < 4) {
      EXPECT_THAT(grant, IsError(kReasons[furthest]));
      return;
    }
    ASSERT_THAT(grant, IsOk());
    EXPECT_EQ(grant->rule->name, "r" + std::to_string(best));
    EXPECT_EQ(grant->issuer.ToString(),
              request.issuer.empty() ? model[best].issuers[0] : request.issuer);
    EXPECT_EQ(grant->profile, request.profile.value_or(model[best].profiles[0]));
  };
  ForRandomCases(1, 2'000, check);
  // A world in which everything is refused would prove nothing.
  for (const int count : outcomes) EXPECT_GT(count, 1'000);
}

// That another agent exists, and what it may have, cannot be learned from an answer: it is the same
// under a policy without the rules that are not for the one who asks.
TEST(GrantPropertyTest, AnswersDependOnTheAgentsOwnRulesOnly) {
  int with_others = 0;
  const auto check = [&](const auto& model, const RuleBook& book, const ModelRequest& request) {
    std::vector<Rule> own;
    for (std::size_t i = 0; i < model.size(); ++i) {
      if (Any(model[i].agents, request.agent, ModelAgent)) own.push_back(book.rules()[i]);
    }
    if (own.size() < model.size()) ++with_others;
    const RuleBook own_book(own);
    const Wish wish = WishOf(request);

    const auto answer = FindGrant(book.RulesFor(wish.agent), wish);
    const auto own_answer = FindGrant(own_book.RulesFor(wish.agent), wish);

    ASSERT_EQ(answer.has_value(), own_answer.has_value());
    if (answer) {
      EXPECT_EQ(answer->rule->name, own_answer->rule->name);
    } else {
      EXPECT_EQ(answer.error(), own_answer.error());
    }
  };
  ForRandomCases(2, 500, check);
  EXPECT_GT(with_others, 10'000);
}

// Each finding goes exactly as far as the model says, and the verdict follows from the findings.
TEST(GrantPropertyTest, ExplanationsAgreeWithTheReferenceModel) {
  const auto check = [&](const auto& model, const RuleBook& book, const ModelRequest& request) {
    std::vector<int> own;  // by rule that names the agent
    for (const ModelRule& rule : model) {
      if (Any(rule.agents, request.agent, ModelAgent)) own.push_back(ModelSteps(rule, request));
    }
    const Wish wish = WishOf(request);

    const Explanation explanation = Explain(book.RulesFor(wish.agent), book.rules().size(), wish);

    ASSERT_EQ(explanation.findings.size(), own.size());
    EXPECT_EQ(explanation.other_rules, model.size() - own.size());
    constexpr Outcome kOutcomes[] = {Outcome::kNotTheNames, Outcome::kNotTheIssuer,
                                     Outcome::kNotTheProfile, Outcome::kNotTheKey,
                                     Outcome::kGrants};
    const Finding* first = nullptr;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const Finding& finding = explanation.findings[i];
      EXPECT_EQ(finding.outcome, kOutcomes[own[i]]) << finding.because;
      EXPECT_FALSE(finding.because.empty());
      if (finding.outcome == Outcome::kGrants && first == nullptr) first = &finding;
    }
    ASSERT_EQ(explanation.verdict.has_value(), first != nullptr);
    if (first != nullptr) {
      EXPECT_EQ(explanation.verdict->rule->name, first->rule);
    }
  };
  ForRandomCases(3, 500, check);
}

}  // namespace
}  // namespace certbroker::policy
