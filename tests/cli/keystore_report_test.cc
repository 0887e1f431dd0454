#include "cli/keystore_report.h"

#include <nlohmann/json.hpp>

#include "cli/keystore_json.h"
#include "tests/support/result_matchers.h"

namespace certbroker::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

keystore::KeyDescription Key(const std::string& label) {
  keystore::KeyDescription key;
  key.uri = "pkcs11:token=acme;id=%01;type=private";
  key.id = "01";
  key.label = label;
  key.algorithm = "ES256";
  key.thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
  return key;
}

keystore::KeyDescription RefusedKey(const std::string& label) {
  keystore::KeyDescription key = Key(label);
  key.refusal = Error(Reason::kHsmKeyRefused, "CKA_EXTRACTABLE is true, must be false");
  return key;
}

keystore::KeystoreDescription Token(std::vector<keystore::KeyDescription> keys) {
  keystore::KeystoreDescription token;
  token.token.label = "acme";
  token.token.serial = "0a1b";
  token.keys = std::move(keys);
  return token;
}

TEST(KeystoreReportTest, HasOneLinePerKeyAndOneOnAll) {
  const auto token = Token({Key("acme/a/main/v1"), Key("b")});
  EXPECT_TRUE(AllUsable(token));
  EXPECT_EQ(CheckText(token),
            "ok       acme/a/main/v1  ES256  NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs  "
            "pkcs11:token=acme;id=%01;type=private\n"
            "ok       b               ES256  NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs  "
            "pkcs11:token=acme;id=%01;type=private\n"
            "2 keys of token 'acme' (serial 0a1b): all were born in it, are private, sensitive and "
            "never extractable, and made a signature that verifies\n");
}

TEST(KeystoreReportTest, SaysOfARefusedKeyWhyAndWhatToDo) {
  const auto token = Token({Key("good"), RefusedKey("bad")});
  EXPECT_FALSE(AllUsable(token));
  EXPECT_THAT(CheckText(token),
              AllOf(HasSubstr("ok       good"), HasSubstr("REFUSED  bad"),
                    HasSubstr("CKA_EXTRACTABLE is true, must be false\n"), HasSubstr("1 refused"),
                    HasSubstr("keystore provision --key LABEL")));
}

TEST(KeystoreReportTest, NamesAKeyWithoutLabelByItsId) {
  EXPECT_THAT(CheckText(Token({Key("")})), HasSubstr("ok       id 01  ES256"));
}

TEST(KeystoreReportTest, ShowsNoControlCharactersOfAToken) {
  auto token = Token({Key("\x1b[2Jkey")});
  token.token.label = "to\nken";
  EXPECT_THAT(CheckText(token), AllOf(Not(HasSubstr("\x1b")), HasSubstr("token 'to?ken'")));
}

TEST(KeystoreReportTest, SelectsTheKeysWithTheLabels) {
  const auto selected =
      SelectKeys(Token({Key("a"), RefusedKey("b"), Key("c")}), {.labels = {"c", "a"}});
  ASSERT_THAT(selected, IsOk());
  ASSERT_EQ(selected->keys.size(), 2U);
  EXPECT_EQ(selected->keys[0].label, "c");
  EXPECT_TRUE(AllUsable(*selected));
}

TEST(KeystoreReportTest, SelectsEveryKeyWithoutLabels) {
  const auto selected = SelectKeys(Token({Key("a"), Key("b")}), {});
  ASSERT_THAT(selected, IsOk());
  EXPECT_EQ(selected->keys.size(), 2U);
}

TEST(KeystoreReportTest, MissesALabelWithoutAKeyAndListsWhatThereIs) {
  EXPECT_THAT(SelectKeys(Token({Key("a"), Key("b")}), {.labels = {"a", "c"}}),
              IsError(Reason::kHsmKeyMissing,
                      AllOf(HasSubstr("holds 'a', 'b'"), HasSubstr("the label 'c'"))));
}

TEST(KeystoreReportTest, TakesATokenWithoutKeysForAnError) {
  EXPECT_THAT(SelectKeys(Token({}), {}),
              IsError(Reason::kHsmKeyMissing, HasSubstr("holds no private key")));
}

TEST(KeystoreReportTest, TellsWhatWasMadeAndWhatWasThere) {
  keystore::ProvisionReport report;
  report.token.label = "acme";
  report.token.serial = "0a1b";
  report.token_created = false;
  report.keys = {{Key("old"), false}, {Key("new"), true}};
  report.keys[1].key.attributes = {{"CKA_SENSITIVE", "true", "true", true}};
  EXPECT_THAT(
      ProvisionText(report),
      AllOf(HasSubstr("token 'acme' (serial 0a1b): was there before\n"),
            HasSubstr("key old: was there before"), HasSubstr("key new: made in the token"),
            HasSubstr("  thumbprint  NzbLsXh8"), HasSubstr("    CKA_SENSITIVE            true\n")));
}

TEST(KeystoreJsonTest, SaysOfEachKeyWhetherItIsUsableAndWhyNot) {
  auto json = nlohmann::json::parse(CheckJson(Token({Key("good"), RefusedKey("bad")})));
  EXPECT_EQ(json["token"]["serial"], "0a1b");
  EXPECT_EQ(json["keys"][0]["label"], "good");
  EXPECT_EQ(json["keys"][0]["usable"], true);
  EXPECT_FALSE(json["keys"][0].contains("refusal"));
  EXPECT_EQ(json["keys"][1]["usable"], false);
  EXPECT_EQ(json["keys"][1]["refusal"]["reason"], "HSM_KEY_REFUSED");
}

TEST(KeystoreJsonTest, TellsWhatWasMade) {
  keystore::ProvisionReport report;
  report.token_created = true;
  report.keys = {{Key("new"), true}};
  report.keys[0].key.attributes = {{"CKA_SENSITIVE", "true", "true", true}};
  const auto json = nlohmann::json::parse(ProvisionJson(report));
  EXPECT_EQ(json["token"]["created"], true);
  EXPECT_EQ(json["keys"][0]["created"], true);
  EXPECT_EQ(json["keys"][0]["attributes"][0]["name"], "CKA_SENSITIVE");
}

}  // namespace
}  // namespace certbroker::cli
