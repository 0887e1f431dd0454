// Which of the CA's chains is delivered: Pebble offers two more.
#include "tests/integration/service_process.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

std::unique_ptr<DevStack> CaWithAlternates() {
  auto started = DevStack::Start(
      {.arguments = {"--without-service", "--pebble-env", "PEBBLE_ALTERNATE_ROOTS=2"},
       .environment = {}});
  EXPECT_THAT(started, IsOk());
  return started ? *std::move(started) : nullptr;
}

// The common names of the CA's roots, its default first.
std::vector<std::string> RootNames(const DevStack& stack) {
  const ProgramResult listed =
      RunProgram("openssl", {"storeutl", "-noout", "-text", "-certs", stack.Text("/pebble/roots")});
  EXPECT_EQ(listed.exit_code, 0) << listed;
  std::vector<std::string> names;
  constexpr std::string_view kSubject = "Subject: CN=";
  for (std::size_t at = listed.out.find(kSubject); at != std::string::npos;
       at = listed.out.find(kSubject, at + 1)) {
    const std::size_t begin = at + kSubject.size();
    names.push_back(listed.out.substr(begin, listed.out.find('\n', begin) - begin));
  }
  return names;
}

// RFC 8555 §7.4.2.
TEST(ChainTest, LeadsToThePreferredRoot) {
  const auto stack = CaWithAlternates();
  ASSERT_NE(stack, nullptr);
  const auto roots = RootNames(*stack);
  ASSERT_EQ(roots.size(), 3U);

  for (const std::string& root : roots) {
    SCOPED_TRACE(root);
    ServiceFile file(*stack);
    ServiceProcess service(*stack, file.Append("preferred_root = \"" + root + "\"\n").Write());
    ASSERT_TRUE(service.Says("serving"));
    if (root == roots.front()) {
      const ProgramResult account =
          stack->Operator({"accounts", "create", "--issuer", "pebble", "--agree-tos", "--wait"});
      ASSERT_EQ(account.exit_code, 0) << account;
    }
    const CertificateFolder folder;
    const ProgramResult issued = stack->Agent(0, IssueArguments(*stack, {"app.test"}, folder));
    ASSERT_EQ(issued.exit_code, 0) << issued;
    const ProgramResult chain =
        RunProgram("openssl", {"storeutl", "-noout", "-text", "-certs", folder.file("chain.pem")});
    EXPECT_THAT(chain.out, ::testing::HasSubstr("Issuer: CN=" + root));
  }
}

}  // namespace
}  // namespace certbroker
