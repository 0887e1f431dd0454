// The parts of a stack on the real programs: Postgres, SoftHSM2, Pebble. The whole of it is
// tests/integration.
#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "service/dev/https_get.h"
#include "service/dev/pebble.h"
#include "service/dev/postgres_cluster.h"
#include "service/dev/soft_token.h"
#include "service/dev/supervisor.h"
#include "service/dev/text_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unprivileged.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

class StackPartsTest : public ::testing::Test {
 protected:
  StackPartsTest() {
    for (const auto* name : {"log", "part", "run"}) fs::create_directory(root_ / name);
    fs::permissions(root_ / "run", fs::perms::owner_all);
  }

  // The program's output; fails the test when it fails.
  std::string Output(const std::string& program, const std::vector<std::string>& arguments,
                     const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    const auto file = ProgramFile::Open(program);
    EXPECT_THAT(file, IsOk());
    if (!file) return {};
    const fs::path log = root_ / "log" / "output";
    fs::remove(log);
    EXPECT_THAT(supervisor_.Run({.name = program,
                                 .program = &*file,
                                 .arguments = arguments,
                                 .environment = environment,
                                 .log = log},
                                seconds{30}),
                IsOk());
    const auto text = ReadFile(log);
    return text ? *text : "";
  }

  TempDir dir_;
  const fs::path root_ = fs::canonical(dir_.path());
  SystemClock clock_;
  SystemRandom random_;
  Supervisor supervisor_{clock_};
};

TEST_F(StackPartsTest, PostgresServesItsDatabaseOnItsSocketOnly) {
  const auto programs = FindPostgres();
  ASSERT_THAT(programs, IsOk());
  const PostgresOptions options = {
      .directory = root_ / "part", .sockets = root_ / "run", .logs = root_ / "log"};

  ASSERT_THAT(StartPostgres(*programs, options, supervisor_), IsOk());

  EXPECT_EQ(Output("psql", {PostgresUrl(options), "-tAc",
                            "SELECT current_user, current_setting('listen_addresses') = '', "
                            "current_setting('fsync'), getdatabaseencoding()"}),
            "certbroker|t|off|UTF8\n");
}

TEST_F(StackPartsTest, SealedTokenSignsAndIsNotWritten) {
  const auto token = PrepareSoftToken(root_ / "part", random_);
  ASSERT_THAT(token, IsOk());
  const std::vector<std::pair<std::string, std::string>> environment = {
      {"SOFTHSM2_CONF", token->configuration.string()}};
  const std::string pin = *ReadFile(token->pin_file);
  Output("softhsm2-util",
         {"--init-token", "--free", "--label", token->label, "--so-pin",
          *ReadFile(token->so_pin_file), "--pin", pin},
         environment);
  const std::vector<std::string> tool = {
      "--module", token->module.string(), "--token-label", token->label, "--login", "--pin", pin};
  auto generate = tool;
  generate.insert(generate.end(), {"--keypairgen", "--key-type", "EC:prime256v1", "--id", "01"});
  Output("pkcs11-tool", generate, environment);

  ASSERT_THAT(SealSoftToken(*token), IsOk());

  std::ofstream(root_ / "digest") << std::string(32, 'd');
  for (int login = 0; login < 3; ++login) {
    auto sign = tool;
    sign.insert(sign.end(), {"--sign", "--mechanism", "ECDSA", "--id", "01", "--input-file",
                             root_ / "digest", "--output-file", root_ / "signature"});
    Output("pkcs11-tool", sign, environment);
    EXPECT_EQ(fs::file_size(root_ / "signature"), 64U);
    fs::remove(root_ / "signature");
  }
  // Who could write would: SoftHSM rewrites the token at every login.
  EXPECT_NE(::geteuid(), 0U);
  EXPECT_NE(::access((token->store).c_str(), W_OK), 0);
}

class PebblePartTest : public StackPartsTest {
 protected:
  void StartAndCheck(const fs::path& program) {
    const auto programs = FindPebble(program, "/nonexistent/build/dev/bin/certbrokerd");
    ASSERT_THAT(programs, IsOk());
    const auto ports = PebblePorts::Reserve(random_);
    ASSERT_THAT(ports, IsOk());
    auto ca = TestCa::Make("test", root_ / "tls-ca.pem", clock_, random_);
    ASSERT_THAT(ca, IsOk());
    const auto tls = ca->IssueServer(root_ / "tls");
    ASSERT_THAT(tls, IsOk());
    const PebbleOptions options = {
        .directory = root_ / "part",
        .logs = root_ / "log",
        .tls = *tls,
        .tls_root = ca->certificate(),
        .roots = root_ / "roots.pem",
        .environment = {{"PEBBLE_ALTERNATE_ROOTS", "2"}, {"PEBBLE_WFE_NONCEREJECT", "20"}}};

    ASSERT_THAT(StartPebble(*programs, options, *ports, supervisor_), IsOk());

    const auto directory =
        HttpsGet(ports->directory.number(), "/dir", options.tls_root, seconds{10});
    ASSERT_THAT(directory, IsOk());
    const auto json = nlohmann::json::parse(directory->body, nullptr, false);
    EXPECT_EQ(directory->status, 200);
    EXPECT_TRUE(json.contains("newOrder")) << directory->body;
    EXPECT_THAT(TailOf(root_ / "log" / "pebble.log", 100), HasSubstr("reject 20% of good nonces"));
    const std::string roots = *ReadFile(options.roots);
    std::size_t count = 0;
    for (std::size_t at = roots.find("BEGIN"); at != std::string::npos;
         at = roots.find("BEGIN", at + 1)) {
      ++count;
    }
    EXPECT_EQ(count, 3U);
  }
};

TEST_F(PebblePartTest, TheNewestAnswersAndGivesItsRoots) {
  if (!fs::exists(FETCHED_PEBBLE)) GTEST_SKIP() << "run tools/fetch_pebble first";
  StartAndCheck(FETCHED_PEBBLE);
}

TEST_F(PebblePartTest, TheReleasesOwnDoesToo) {
  if (!fs::exists("/usr/bin/pebble")) GTEST_SKIP() << "the package pebble is not installed";
  StartAndCheck("/usr/bin/pebble");
}

TEST_F(StackPartsTest, ACaWithAnotherRootsCertificateIsNotTrusted) {
  // The TLS client of the stack refuses a server whose certificate another CA issued.
  const auto programs = FindPebble({}, FETCHED_PEBBLE_SELF);
  ASSERT_THAT(programs, IsOk());
  const auto ports = PebblePorts::Reserve(random_);
  ASSERT_THAT(ports, IsOk());
  auto ca = TestCa::Make("ours", root_ / "ours.pem", clock_, random_);
  auto other = TestCa::Make("theirs", root_ / "theirs.pem", clock_, random_);
  ASSERT_THAT(ca, IsOk());
  ASSERT_THAT(other, IsOk());
  const auto tls = other->IssueServer(root_ / "tls");
  ASSERT_THAT(tls, IsOk());

  EXPECT_THAT(StartPebble(*programs,
                          {.directory = root_ / "part",
                           .logs = root_ / "log",
                           .tls = *tls,
                           .tls_root = ca->certificate(),
                           .roots = root_ / "roots.pem",
                           .environment = {}},
                          *ports, supervisor_),
              IsError(Reason::kCaUnavailable, HasSubstr("certificate")));
}

}  // namespace
}  // namespace certbroker::dev

int main(int argc, char** argv) {
  certbroker::BecomeUnprivileged();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
