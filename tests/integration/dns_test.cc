// Names that are proven by DNS records: a solver of the service puts them up and takes them down.
#include <chrono>
#include <thread>

#include "tests/integration/scenario.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// Without any way for the agent to answer by itself.
std::vector<std::string> IssueByDns(const DevStack& stack, std::vector<std::string> names,
                                    const CertificateFolder& folder) {
  std::vector<std::string> arguments = {"issue"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  arguments.insert(arguments.end(),
                   {"--roots", stack.Text("/pebble/roots"), "--out", folder.path()});
  return arguments;
}

std::string OrderOf(DevStack& stack, const std::string& names) {
  return stack.Query("SELECT id FROM orders WHERE names = '{" + names +
                     "}' ORDER BY id DESC LIMIT 1");
}

TEST(DnsTest, GivesAWildcardAndItsApex) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;

  const ProgramResult issued =
      stack.Agent(0, IssueByDns(stack, {"*.dns.test", "dns.test"}, folder));

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}),
              HasSubstr("DNS:*.dns.test, DNS:dns.test"));
  const std::string id = OrderOf(stack, "*.dns.test,dns.test");
  const json order = JsonOf(stack.Operator({"orders", "show", id, "-o", "json"}));
  for (const json& authorization : order["authorizations"]) {
    EXPECT_EQ(authorization["challenge_type"], "dns-01");
    EXPECT_EQ(authorization["solver"], "dev-dns");
  }
}

// I13: nothing is left behind in the zone.
TEST(DnsTest, TakesTheRecordDownAgain) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const ProgramResult issued = stack.Agent(0, IssueByDns(stack, {"down.dns.test"}, folder));
  ASSERT_EQ(issued.exit_code, 0) << issued;
  const std::string id = OrderOf(stack, "down.dns.test");

  std::string presentation;
  for (int i = 0; i < 100 && presentation != "REMOVED"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    presentation =
        stack.Query("SELECT presentation FROM order_authorizations WHERE order_id = '" + id + "'");
    if (presentation == "NONE") break;  // Pebble remembered the name: nothing was put up
  }
  EXPECT_THAT(presentation, ::testing::AnyOf("REMOVED", "NONE"));
}

TEST(DnsTest, TheAgentsOwnWayComesFirst) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const ProgramResult issued = stack.Agent(0, IssueArguments(stack, {"both.dns.test"}, folder));
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(stack.Query("SELECT DISTINCT challenge_type FROM order_authorizations WHERE name = "
                        "'both.dns.test'"),
            "http-01");
}

// A port that the CA does not ask at: http-01 fails, and the order begins again with dns-01.
TEST(DnsTest, AFailedChallengeGivesWayToTheRecord) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const ProgramResult issued =
      stack.Agent(0, {"issue", "other-way.dns.test", "--http-listen", "127.0.0.1:0", "--roots",
                      stack.Text("/pebble/roots"), "--out", folder.path()});
  ASSERT_EQ(issued.exit_code, 0) << issued;
  const std::string id = OrderOf(stack, "other-way.dns.test");
  const json order = JsonOf(stack.Operator({"orders", "show", id, "-o", "json"}));
  EXPECT_EQ(order["attempt"], 1);
  EXPECT_EQ(order["authorizations"][0]["challenge_type"], "dns-01");
}

TEST(DnsTest, WhatNothingCanProveIsRefusedAtOnce) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const std::string orders = stack.Query("SELECT count(*) FROM orders");

  const ProgramResult wildcard = stack.Agent(0, IssueArguments(stack, {"*.app.test"}, folder));
  EXPECT_NE(wildcard.exit_code, 0);
  EXPECT_THAT(wildcard.err, HasSubstr("CHALLENGE_UNSUPPORTED"));
  EXPECT_THAT(wildcard.err, HasSubstr("*.app.test"));

  const ProgramResult unserved = stack.Agent(0, IssueByDns(stack, {"app.test"}, folder));
  EXPECT_NE(unserved.exit_code, 0);
  EXPECT_THAT(unserved.err, HasSubstr("--http-listen"));
  EXPECT_EQ(stack.Query("SELECT count(*) FROM orders"), orders);
}

// RFC 8738.
TEST(DnsTest, GivesACertificateForAnAddress) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const ProgramResult issued = stack.Agent(0, IssueArguments(stack, {"127.0.0.1"}, folder));
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("IP Address:127.0.0.1"));
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}), Not(HasSubstr("DNS:")));
}

}  // namespace
}  // namespace certbroker
