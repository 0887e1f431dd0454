// `certbroker keystore` as its user runs it, on a private SoftHSM2 token.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KeystoreCommandTest : public ::testing::Test {
 protected:
  ProgramResult Run(const std::string& command, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"keystore",   command,
                                          "--module",   std::string(SoftToken::kModule),
                                          "--token",    std::string(SoftToken::kLabel),
                                          "--pin-file", token_.pin_file()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(CERTBROKER_PROGRAM, arguments,
                      {.environment = {{"SOFTHSM2_CONF", std::getenv("SOFTHSM2_CONF")}}});
  }
  ProgramResult Provision(const std::string& label) const {
    return Run("provision", {"--so-pin-file", token_.so_pin_file(), "--key", label, "--sync-dir",
                             token_.store()});
  }

  SoftToken token_;
};

TEST_F(KeystoreCommandTest, ProvisionMakesTokenAndKeyAndCheckFindsThemGood) {
  const ProgramResult made = Provision("acme/pebble/main/v1");
  ASSERT_EQ(made.exit_code, 0) << made;
  EXPECT_THAT(made.out, AllOf(HasSubstr("token 'certbroker-test'"), HasSubstr(": made\n"),
                              HasSubstr("key acme/pebble/main/v1: made in the token"),
                              HasSubstr("pkcs11:token=certbroker-test;id="),
                              HasSubstr("CKA_NEVER_EXTRACTABLE    true")));

  const ProgramResult checked = Run("check");
  EXPECT_EQ(checked.exit_code, 0) << checked;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("ok       acme/pebble/main/v1  ES256"),
                                 HasSubstr("1 key of token 'certbroker-test'")));
  EXPECT_EQ(checked.err, "");
}

TEST_F(KeystoreCommandTest, ProvisionAgainChangesNothing) {
  ASSERT_EQ(Provision("main").exit_code, 0);
  const ProgramResult before = Run("check");
  const ProgramResult again = Provision("main");
  EXPECT_EQ(again.exit_code, 0) << again;
  EXPECT_THAT(again.out, HasSubstr("key main: was there before"));
  EXPECT_EQ(Run("check").out, before.out);
}

TEST_F(KeystoreCommandTest, ProvisionMakesKeysForTheAlgorithmAskedFor) {
  const auto provision = [this](const std::string& label, const std::string& algorithm) {
    return Run("provision", {"--so-pin-file", token_.so_pin_file(), "--key", label, "--sync-dir",
                             token_.store(), "--algorithm", algorithm});
  };
  EXPECT_EQ(provision("p384", "ES384").exit_code, 0);
  EXPECT_EQ(provision("rsa", "RS256").exit_code, 0);
  EXPECT_THAT(Run("check").out,
              AllOf(HasSubstr("p384  ES384"), HasSubstr("rsa   RS256"), HasSubstr("2 keys")));
  const ProgramResult other = provision("p384", "ES256");
  EXPECT_EQ(other.exit_code, 1) << other;
  EXPECT_THAT(other.err, HasSubstr("is one for ES384, not for ES256"));
  EXPECT_EQ(provision("odd", "EdDSA").exit_code, 2);
}

TEST_F(KeystoreCommandTest, CheckFailsForAKeyThatCouldLeave) {
  ASSERT_EQ(Provision("good").exit_code, 0);
  ASSERT_EQ(token_.Pkcs11Tool("--keypairgen --key-type EC:prime256v1 --label loose --extractable")
                .exit_code,
            0);
  const ProgramResult all = Run("check");
  EXPECT_EQ(all.exit_code, 1) << all;
  EXPECT_THAT(all.out, AllOf(HasSubstr("ok       good"), HasSubstr("REFUSED  loose"),
                             HasSubstr("CKA_EXTRACTABLE is true"), HasSubstr("1 refused")));
  EXPECT_EQ(Run("check", {"--key", "good"}).exit_code, 0);
  EXPECT_EQ(Run("check", {"--key", "loose"}).exit_code, 1);
}

TEST_F(KeystoreCommandTest, CheckMissesATokenAndSaysHowToMakeOne) {
  const ProgramResult result = Run("check");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("token 'certbroker-test' is not there"),
                    HasSubstr("certbroker keystore provision"), HasSubstr("HSM_UNAVAILABLE: ")));
}

TEST_F(KeystoreCommandTest, CheckMissesAKeyAndListsWhatThereIs) {
  ASSERT_EQ(Provision("main").exit_code, 0);
  const ProgramResult result = Run("check", {"--key", "other"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("holds 'main'"), HasSubstr("'other'"),
                                HasSubstr("HSM_KEY_MISSING: ")));
}

TEST_F(KeystoreCommandTest, SaysThatThePinWasRefusedAndDoesNotShowIt) {
  ASSERT_EQ(Provision("main").exit_code, 0);
  token_.WritePin("not the pin");
  const ProgramResult result = Run("check");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("CKR_PIN_INCORRECT"), HasSubstr("HSM_PIN_REFUSED: "),
                                Not(HasSubstr("not the pin"))));
}

TEST_F(KeystoreCommandTest, RefusesAPinFileThatOthersMayRead) {
  ASSERT_EQ(Provision("main").exit_code, 0);
  ASSERT_EQ(::chmod(token_.pin_file().c_str(), 0644), 0);
  const ProgramResult result = Run("check");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr(token_.pin_file()), HasSubstr("mode 0644"), HasSubstr("chmod 0400")));
}

TEST_F(KeystoreCommandTest, ProvisionAsksForTheOfficersPinOnlyToMakeAToken) {
  const ProgramResult without = Run("provision", {"--key", "main"});
  EXPECT_EQ(without.exit_code, 1) << without;
  EXPECT_THAT(without.err, HasSubstr("--so-pin-file"));
  ASSERT_EQ(Provision("main").exit_code, 0);
  const ProgramResult with_token = Run("provision", {"--key", "second"});
  EXPECT_EQ(with_token.exit_code, 0) << with_token;
}

TEST_F(KeystoreCommandTest, NamesAModuleThatIsNotThere) {
  const ProgramResult result =
      RunProgram(CERTBROKER_PROGRAM, {"keystore", "check", "--module", "/no/such.so", "--token",
                                      "t", "--pin-file", token_.pin_file()});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("/no/such.so"), HasSubstr("CONFIG_INVALID: ")));
}

TEST_F(KeystoreCommandTest, ExitsWithTwoWhenCalledWrongly) {
  EXPECT_EQ(RunProgram(CERTBROKER_PROGRAM, {"keystore", "check"}).exit_code, 2);
  EXPECT_EQ(RunProgram(CERTBROKER_PROGRAM, {"keystore"}).exit_code, 2);
  EXPECT_EQ(Run("provision", {"--key", "a", "--pin", "1234"}).exit_code, 2);
}

}  // namespace
}  // namespace certbroker

// Stays root where it is root, unlike other tests of SoftHSM2: it must reach the program that it
// runs, and a checkout may be closed to others.
int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
