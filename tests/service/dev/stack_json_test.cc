#include "service/dev/stack_json.h"

#include <nlohmann/json.hpp>

#include "service/dev/announcement.h"
#include "tests/support/result_matchers.h"

namespace certbroker::dev {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StackFacts Facts() {
  StackFacts facts;
  facts.directory = "/d";
  facts.programs = "/with space/bin";
  facts.agent_address = "127.0.0.1:20001";
  facts.ca = "/d/pki/ca.pem";
  facts.operator_address = "unix:/d/run/operator.sock";
  facts.identities = {{"web-01",
                       "spiffe://dev.certbroker.test/agent/web-01",
                       {"/d/pki/web-01.pem", "/d/pki/web-01.key"},
                       {"app.test"}}};
  facts.join_token = "/d/join-token";
  facts.pebble_directory_url = "https://localhost:20002/dir";
  facts.http_port = 20003;
  facts.pids = {{"supervisor", 10}, {"postgres", 11}};
  return facts;
}

TEST(StackJsonTest, GivesWhatAClientNeedsToJoin) {
  const auto json = nlohmann::json::parse(StackJson(Facts()), nullptr, false);

  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["agent"]["address"], "127.0.0.1:20001");
  EXPECT_EQ(json["agent"]["ca"], "/d/pki/ca.pem");
  EXPECT_EQ(json["agent"]["join_token"], "/d/join-token");
  EXPECT_EQ(json["operator"]["address"], "unix:/d/run/operator.sock");
  EXPECT_EQ(json["identities"][0]["uri"], "spiffe://dev.certbroker.test/agent/web-01");
  EXPECT_EQ(json["identities"][0]["certificate"], "/d/pki/web-01.pem");
  EXPECT_EQ(json["identities"][0]["key"], "/d/pki/web-01.key");
  EXPECT_EQ(json["identities"][0]["names"], nlohmann::json({"app.test"}));
  EXPECT_EQ(json["pebble"]["directory_url"], "https://localhost:20002/dir");
  EXPECT_EQ(json["pebble"]["http_port"], 20003);
  EXPECT_EQ(json["pids"]["postgres"], 11);
}

TEST(StackJsonTest, PathsThatAreNoUtf8DoNotEndTheStack) {
  StackFacts facts = Facts();
  facts.directory = "/\xFF";

  EXPECT_TRUE(nlohmann::json::accept(StackJson(facts)));
}

TEST(NextCommandsTest, CanBeCopied) {
  EXPECT_EQ(
      NextCommands(Facts(), true),
      "  export CERTBROKER_STATE=./agent-state CERTBROKER_OPERATOR=unix:/d/run/operator.sock\n"
      "  '/with space/bin/certbroker-agent' join --token-file /d/join-token\n"
      "  '/with space/bin/certbroker-agent' issue app.test --http-listen 127.0.0.1:20003 "
      "--out ./app.test\n"
      "  '/with space/bin/certbroker' explain --agent web-01 --name two.test\n");
}

TEST(NextCommandsTest, WithoutServiceTellHowToStartIt) {
  const std::string text = NextCommands(Facts(), false);

  EXPECT_THAT(text, HasSubstr("/certbrokerd' serve --config"));
  EXPECT_THAT(text, Not(HasSubstr("certbroker-agent")));
}

TEST(ShellWordTest, IsOneWordWhateverItHolds) {
  struct Case {
    std::string_view name, text, want;
  };
  const Case kCases[] = {
      {"plain", "/a/b-c_d.e:1", "/a/b-c_d.e:1"},
      {"space", "a b", "'a b'"},
      {"quote", "a'b", "'a'\\''b'"},
      {"dollar", "$HOME", "'$HOME'"},
      {"tilde", "~", "'~'"},
      {"empty", "", "''"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ShellWord(c.text), c.want);
  }
}

}  // namespace
}  // namespace certbroker::dev
