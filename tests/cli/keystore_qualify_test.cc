// `certbroker keystore qualify` as its user runs it, on SoftHSM2, directly and through p11-kit's
// remote module.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/support/p11_kit_server.h"
#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr std::string_view kClient = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

class KeystoreQualifyTest : public ::testing::Test {
 protected:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  std::vector<std::string> Arguments(std::string_view module,
                                     const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"keystore",   "qualify",
                                          "--module",   std::string(module),
                                          "--token",    std::string(SoftToken::kLabel),
                                          "--pin-file", token_.pin_file()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static Environment SoftHsm() { return {{"SOFTHSM2_CONF", std::getenv("SOFTHSM2_CONF")}}; }
  ProgramResult Qualify(const std::vector<std::string>& more = {}) const {
    return RunProgram(CERTBROKER_PROGRAM, Arguments(SoftToken::kModule, more),
                      {.environment = SoftHsm()});
  }
  // The verdict of a step; "" when there was none.
  static std::string VerdictOf(const Json& report, std::string_view step) {
    for (const Json& finding : report["findings"]) {
      if (finding["step"] == step) return finding["verdict"];
    }
    return "";
  }
  std::string Objects() const { return token_.Pkcs11Tool("--list-objects").output; }

  SoftToken token_;
};

TEST_F(KeystoreQualifyTest, FindsEverythingInOrderOnSoftHsm) {
  token_.Provision({"main"});
  const std::string before = Objects();
  const ProgramResult result = Qualify({"-o", "json"});
  ASSERT_EQ(result.exit_code, 0) << result;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["can_run"], true);
  EXPECT_EQ(report["algorithms"], Json::parse(R"(["ES256", "ES384", "RS256", "RS256-3072"])"));
  EXPECT_EQ(report["makes_keys"], true);
  EXPECT_EQ(report["clean"], true);
  for (const std::string step :
       {"mechanism CKM_ECDSA", "generate ES256", "attributes RS256-3072", "sign ES384",
        "sessions at once", "signing at once", "second login", "starting over", "clean-up"}) {
    EXPECT_EQ(VerdictOf(report, step), "works") << step;
  }
  EXPECT_EQ(Objects(), before);
}

TEST_F(KeystoreQualifyTest, TellsAPersonWhatWorksAndWhatThatMeans) {
  token_.Provision({"main"});
  const ProgramResult result = Qualify();
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("works    sign ES256"), HasSubstr("fact     throughput ES256"),
                    HasSubstr("CKA_COPYABLE is true"),
                    HasSubstr("certbroker can run on this token, with ES256, ES384, RS256")));
}

TEST_F(KeystoreQualifyTest, WorksThroughAP11KitServer) {
  token_.Provision({"main"});
  const P11KitServer remote(token_);
  const ProgramResult result =
      RunProgram(CERTBROKER_PROGRAM, Arguments(kClient, {"-o", "json"}),
                 {.environment = {{"P11_KIT_SERVER_ADDRESS", remote.address()}}});
  ASSERT_EQ(result.exit_code, 0) << result;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report["algorithms"].size(), 4U);
  EXPECT_EQ(VerdictOf(report, "starting over"), "works");
  EXPECT_EQ(report["clean"], true);
  EXPECT_THAT(Objects(), Not(HasSubstr("certbroker-qualify")));
}

TEST_F(KeystoreQualifyTest, OffersAWrongPinOnceAndDoesNotShowIt) {
  token_.Provision({"main"});
  token_.WritePin("not the pin");
  const ProgramResult result = Qualify();
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("CKR_PIN_INCORRECT"), HasSubstr("HSM_PIN_REFUSED: ")));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("not the pin")));
}

TEST_F(KeystoreQualifyTest, RemovesWhatItMadeWhenItIsInterrupted) {
  token_.Provision({"main"});
  const std::string before = Objects();
  RunningProgram program(CERTBROKER_PROGRAM, Arguments(SoftToken::kModule, {}),
                         {.environment = SoftHsm()});
  while (program.Running() && program.out().find("generate ES256") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  program.Signal(SIGINT);
  const ProgramResult result = program.Wait();
  EXPECT_EQ(result.exit_code, 130) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("works    clean-up"), HasSubstr("Interrupted")));
  EXPECT_EQ(Objects(), before);
}

TEST_F(KeystoreQualifyTest, RemovesWhatAKilledOneHasLeft) {
  token_.Provision({"main"});
  const std::string before = Objects();
  {
    RunningProgram killed(CERTBROKER_PROGRAM, Arguments(SoftToken::kModule, {}),
                          {.environment = SoftHsm()});
    // Between two steps that write: a kill in one could cost SoftHSM the whole token.
    while (killed.Running() && killed.out().find("throughput ES256") == std::string::npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    killed.Signal(SIGKILL);
    EXPECT_EQ(killed.Wait().exit_code, 137);
  }
  ASSERT_THAT(Objects(), HasSubstr("certbroker-qualify-ES256"));
  const ProgramResult next = Qualify();
  EXPECT_EQ(next.exit_code, 0) << next;
  EXPECT_THAT(next.out, HasSubstr("removed 4 key pairs that an earlier qualification had left"));
  EXPECT_EQ(Objects(), before);
}

}  // namespace
}  // namespace certbroker
