#include "cli/order_text.h"

#include "tests/cli/messages.h"

namespace certbroker::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Order FailedOrder() {
  return Parsed<v1::Order>(R"(
    name: "orders/0190-1" certificate: "certificates/0190-2"
    agent: "spiffe://example.org/agent/web-01" identifiers: "a.test" identifiers: "b.test"
    issuer: "issuers/le" account: "issuers/le/accounts/main" renewal: true
    state: ORDER_STATE_FAILED policy_rule: "web"
    error { code: 9 message: "no A record" details {
      [type.googleapis.com/google.rpc.ErrorInfo] {
        reason: "CHALLENGE_UNREACHABLE" domain: "certbroker" } } }
    authorizations { identifier: "a.test" state: "invalid" challenge_type: "http-01"
      presentation: "REMOVED" }
    authorizations { identifier: "b.test" wildcard: true state: "valid" }
    events { time { seconds: 1795246080 } state: ORDER_STATE_QUEUED message: "asked for" }
    events { time { seconds: 1795246140 } state: ORDER_STATE_FAILED message: "no A record" }
    create_time { seconds: 1795246080 } end_time { seconds: 1795246140 })");
}

v1::Order HeldOrder() {
  return Parsed<v1::Order>(R"(
    name: "orders/0190-3" identifiers: "c.test" state: ORDER_STATE_QUEUED held_by: "CA_LIMIT"
    next_attempt_time { seconds: 1795249800 } create_time { seconds: 1795246199 })");
}

TEST(OrderTextTest, ShowsEverythingAboutAnOrder) {
  EXPECT_EQ(OrderText(FailedOrder(), kNow),
            "Order        orders/0190-1\n"
            "State        FAILED\n"
            "Error        CHALLENGE_UNREACHABLE: no A record\n"
            "Names        a.test, b.test\n"
            "Kind         renewal\n"
            "Certificate  certificates/0190-2\n"
            "Agent        spiffe://example.org/agent/web-01\n"
            "Account      issuers/le/accounts/main\n"
            "Policy rule  web\n"
            "Created      2026-11-21T07:28:00Z (2 min ago)\n"
            "Ended        2026-11-21T07:29:00Z (1 min ago)\n"
            "\n"
            "Authorizations\n"
            "NAME      AT THE CA  CHALLENGE  AT THE AGENT\n"
            "a.test    invalid    http-01    REMOVED\n"
            "*.b.test  valid      -          -\n"
            "\n"
            "History\n"
            "TIME                              STATE   WHAT HAPPENED\n"
            "2026-11-21T07:28:00Z (2 min ago)  QUEUED  asked for\n"
            "2026-11-21T07:29:00Z (1 min ago)  FAILED  no A record\n");
}

TEST(OrderTextTest, SaysByWhomAnOrderIsHeldAndUntilWhen) {
  EXPECT_THAT(OrderText(HeldOrder(), kNow),
              HasSubstr("Held by  CA_LIMIT, tried again 2026-11-21T08:30:00Z (in 1 h)\n"));
}

TEST(OrderTextTest, CallsTheErrorOfAnOrderThatGoesOnItsLastFailure) {
  v1::Order order = HeldOrder();
  order.mutable_error()->set_message("too many requests");
  EXPECT_THAT(OrderText(order, kNow), AllOf(HasSubstr("Last failure  "), Not(HasSubstr("Error "))));
}

TEST(OrderTextTest, ListsOrdersWithWhatIsTheMatter) {
  v1::ListOrdersResponse list;
  *list.add_orders() = FailedOrder();
  *list.add_orders() = HeldOrder();
  const std::string text = OrdersText(list, kNow);
  EXPECT_THAT(text, AllOf(HasSubstr("0190-1  FAILED  a.test, b.test  spiffe://"),
                          HasSubstr("CHALLENGE_UNREACHABLE\n"),
                          HasSubstr("held by CA_LIMIT, tried again 2026-11-21T08:30:00Z (in 1 h)"),
                          Not(HasSubstr("There are more"))));
  list.set_next_page_token("next");
  EXPECT_THAT(OrdersText(list, kNow), HasSubstr("There are more; --limit N"));
}

TEST(OrderTextTest, SaysThatThereIsNoOrder) { EXPECT_EQ(OrdersText({}, kNow), "No orders.\n"); }

TEST(OrderTextTest, LetsNothingFromOutsideReachTheTerminalAsControl) {
  v1::Order order = FailedOrder();
  order.set_agent("spiffe://\x1b]0;owned\x07");
  order.set_policy_rule("a\rb");
  order.mutable_events(0)->set_message("\x1b[2J\nline");
  order.mutable_authorizations(0)->set_state("\x1b[1m");
  order.set_identifiers(0, "\x1b[1m");
  v1::ListOrdersResponse list;
  *list.add_orders() = order;
  for (const std::string& text : {OrderText(order, kNow), OrdersText(list, kNow)}) {
    EXPECT_EQ(text.find_first_of("\x1b\r\x07"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace certbroker::cli
