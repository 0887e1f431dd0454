// http-01 answered by the service itself: the name leads to the broker, the host serves nothing.
#include "tests/integration/service_process.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

TEST(ResponderTest, ProvesANameForAHostThatServesNothing) {
  auto started = DevStack::Start({.arguments = {"--without-service"}, .environment = {}});
  ASSERT_THAT(started, IsOk());
  DevStack& stack = **started;
  ServiceFile file(stack);
  ServiceProcess service(
      stack, file.Append("\n[responder]\nlisten = \"" + stack.http_listen() + "\"\n").Write());
  ASSERT_TRUE(service.Says("serving"));
  const ProgramResult account =
      stack.Operator({"accounts", "create", "--issuer", "pebble", "--agree-tos", "--wait"});
  ASSERT_EQ(account.exit_code, 0) << account;

  const CertificateFolder folder;
  const ProgramResult issued = stack.Agent(
      0, {"issue", "app.test", "--roots", stack.Text("/pebble/roots"), "--out", folder.path()});

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(stack.Query("SELECT DISTINCT solver FROM order_authorizations"), "responder");
  EXPECT_EQ(stack.Query("SELECT count(*) > 0 FROM order_authorizations WHERE hit_time IS NOT NULL"),
            "t");
}

}  // namespace
}  // namespace certbroker
