// `certbroker keystore init`, `list`, `describe`, `destroy`, spares and adoption, as their user
// runs them, on a private SoftHSM2 token.
#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class KeystoreKeysTest : public ::testing::Test {
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
  Json List() const { return Json::parse(Run("list", {"-o", "json"}).out); }
  std::string IdOf(const std::string& label) const {
    const Json token = List();
    for (const Json& key : token["keys"]) {
      if (key["label"] == label) return key["id"];
    }
    return "";
  }
  ProgramResult Destroy(const std::string& label, const std::string& id,
                        std::vector<std::string> more = {"--yes"}) const {
    more.insert(more.begin(), {"--key", label, "--id", id, "--sync-dir", token_.store()});
    return Run("destroy", more);
  }
  // As an HSM's own tool makes them: with attributes of its own choosing.
  void MakeElsewhere(const std::string& arguments) const {
    const auto made = token_.Pkcs11Tool("--keypairgen --key-type EC:prime256v1 " + arguments);
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }

  SoftToken token_;
};

TEST_F(KeystoreKeysTest, InitMakesTheTokenAlone) {
  const ProgramResult made = Run("init", {"--so-pin-file", token_.so_pin_file()});
  ASSERT_EQ(made.exit_code, 0) << made;
  EXPECT_THAT(made.out, AllOf(HasSubstr("token 'certbroker-test'"), HasSubstr(": made\n"),
                              Not(HasSubstr("key"))));
  const ProgramResult again = Run("init", {"--so-pin-file", token_.so_pin_file()});
  EXPECT_THAT(again.out, HasSubstr("was there before"));
  const ProgramResult empty = Run("list");
  EXPECT_EQ(empty.exit_code, 0) << empty;
  EXPECT_THAT(empty.out, HasSubstr("0 keys of token"));
  EXPECT_EQ(Run("provision", {"--key", "main"}).exit_code, 0);
}

TEST_F(KeystoreKeysTest, SparesAreTheNextVersions) {
  ASSERT_EQ(Run("init", {"--so-pin-file", token_.so_pin_file()}).exit_code, 0);
  const ProgramResult made = Run("provision", {"--key", "acme/pebble/main/v1", "--spares", "2"});
  ASSERT_EQ(made.exit_code, 0) << made;
  EXPECT_EQ(List()["keys"].size(), 3U);
  for (const std::string version : {"v1", "v2", "v3"}) {
    EXPECT_NE(IdOf("acme/pebble/main/" + version), "") << version;
  }
  const ProgramResult more = Run("provision", {"--key", "acme/pebble/main/v2", "--spares", "2"});
  EXPECT_THAT(more.out, AllOf(HasSubstr("key acme/pebble/main/v3: was there before"),
                              HasSubstr("key acme/pebble/main/v4: made in the token")));
  const ProgramResult nameless = Run("provision", {"--key", "main", "--spares", "1"});
  EXPECT_EQ(nameless.exit_code, 1) << nameless;
  EXPECT_THAT(nameless.err, HasSubstr("does not end in a version"));
}

TEST_F(KeystoreKeysTest, ListShowsKeysThatMayNotBeUsedWithoutFailing) {
  token_.Provision({"good"});
  MakeElsewhere("--label loose --extractable --id 01");
  const ProgramResult listed = Run("list");
  EXPECT_EQ(listed.exit_code, 0) << listed;
  EXPECT_THAT(listed.out, AllOf(HasSubstr("ok       good   ES256"), HasSubstr("REFUSED  loose"),
                                HasSubstr("CKA_EXTRACTABLE is true"), HasSubstr("2 keys of")));
}

TEST_F(KeystoreKeysTest, DescribeSaysOfEveryAttributeWhatItProves) {
  token_.Provision({"main"});
  const ProgramResult described = Run("describe", {"--key", "main"});
  ASSERT_EQ(described.exit_code, 0) << described;
  EXPECT_THAT(described.out,
              AllOf(HasSubstr("SoftHSM project"), HasSubstr("verdict     usable"),
                    HasSubstr("CKA_NEVER_EXTRACTABLE    true                 must be true"),
                    HasSubstr("and never would have: it was born in this token"),
                    HasSubstr("CKA_COPYABLE             true                 recorded")));
  const Json key =
      Json::parse(Run("describe", {"--id", IdOf("main"), "-o", "json"}).out)["keys"][0];
  EXPECT_EQ(key["label"], "main");
  for (const Json& row : key["attributes"]) {
    const std::string line = row["name"].get<std::string>() + " ";
    const std::size_t at = described.out.find(line);
    ASSERT_NE(at, std::string::npos) << line;
    const std::string text = described.out.substr(at, described.out.find('\n', at) - at);
    EXPECT_GT(text.size(), 78U) << "without a meaning: " << text;
  }
}

TEST_F(KeystoreKeysTest, DescribeWantsOneKey) {
  token_.Provision({"main"});
  MakeElsewhere("--label main --sensitive --usage-sign --id 02");
  const ProgramResult several = Run("describe", {"--key", "main"});
  EXPECT_EQ(several.exit_code, 1) << several;
  EXPECT_THAT(several.err, AllOf(HasSubstr("2 keys fit"), HasSubstr("02")));
  EXPECT_EQ(Run("describe", {"--key", "main", "--id", "02"}).exit_code, 0);
  EXPECT_THAT(Run("describe", {"--key", "other"}).err, HasSubstr("none that fits"));
  EXPECT_EQ(Run("describe").exit_code, 2);
}

TEST_F(KeystoreKeysTest, DestroysBothHalvesOfTheKeyThatBothNamesName) {
  token_.Provision({"old", "new"});
  const ProgramResult result = Destroy("old", IdOf("old"));
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("destroyed the key 'old'"),
                                HasSubstr("its private and its public object")));
  const std::string objects = token_.Pkcs11Tool("--list-objects").output;
  EXPECT_THAT(objects, AllOf(Not(HasSubstr("old")), HasSubstr("new")));
}

TEST_F(KeystoreKeysTest, DestroysNothingThatIsNotMeant) {
  token_.Provision({"main", "other"});
  MakeElsewhere("--label twin --sensitive --id 05");
  MakeElsewhere("--label twin --sensitive --id 05");
  const std::string before = token_.Pkcs11Tool("--list-objects").output;
  const std::string id = IdOf("main");
  EXPECT_THAT(Destroy("other", id).err, HasSubstr("is labelled 'main', not 'other'"));
  EXPECT_THAT(Destroy("main", "0011").err, HasSubstr("HSM_KEY_MISSING: "));
  EXPECT_THAT(Destroy("twin", "05").err, HasSubstr("several keys have the CKA_ID 05"));
  EXPECT_THAT(Destroy("main", "not hex").err, HasSubstr("is not hex"));
  const ProgramResult look = Destroy("main", id, {});
  EXPECT_EQ(look.exit_code, 1) << look;
  EXPECT_THAT(look.out, AllOf(HasSubstr("nothing was destroyed"), HasSubstr("--yes")));
  EXPECT_EQ(Run("destroy", {"--key", "main", "--yes"}).exit_code, 2);
  EXPECT_EQ(token_.Pkcs11Tool("--list-objects").output, before);
}

// What a run that was killed after the private half has left.
TEST_F(KeystoreKeysTest, DestroysTheHalfThatIsLeft) {
  token_.Provision({"half", "main"});
  const std::string id = IdOf("half");
  ASSERT_EQ(token_.Pkcs11Tool("--delete-object --type privkey --id " + id).exit_code, 0);
  const ProgramResult result = Destroy("half", id);
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("the private one was gone before"));
  EXPECT_THAT(token_.Pkcs11Tool("--list-objects").output, Not(HasSubstr("half")));
}

TEST_F(KeystoreKeysTest, AKeyOfTheHsmsOwnToolCanBeAdoptedIfItIsAsItMustBe) {
  token_.Provision({"main"});
  MakeElsewhere("--label vendor --sensitive --usage-sign --id 0a0b");
  const ProgramResult by_label = Run("check", {"--key", "vendor"});
  EXPECT_EQ(by_label.exit_code, 0) << by_label;
  EXPECT_THAT(by_label.out, AllOf(HasSubstr("ok       vendor  ES256"),
                                  HasSubstr("pkcs11:token=certbroker-test;id=%0A%0B")));
  const ProgramResult by_id = Run("check", {"--id", "0A0B"});
  EXPECT_EQ(by_id.exit_code, 0) << by_id;
  EXPECT_THAT(by_id.out, AllOf(HasSubstr("vendor"), HasSubstr("1 key of")));
}

TEST_F(KeystoreKeysTest, AKeyThatCannotBeAdoptedIsToldByItsAttribute) {
  token_.Provision({"main"});
  const auto small = token_.Pkcs11Tool(
      "--keypairgen --key-type rsa:1024 --sensitive --usage-sign --id 0c --label s");
  ASSERT_EQ(small.exit_code, 0) << small.output;
  MakeElsewhere("--label loose --sensitive --extractable --usage-sign --id 0d");
  EXPECT_THAT(Run("check", {"--id", "0c"}).out,
              HasSubstr("CKA_MODULUS is 1024 bits, must be 2048 bits"));
  EXPECT_THAT(Run("check", {"--id", "0d"}).out,
              HasSubstr("CKA_EXTRACTABLE is true, must be false"));
  EXPECT_THAT(Run("check", {"--id", "0e"}).err, HasSubstr("none with the id 0e"));
}

}  // namespace
}  // namespace certbroker
