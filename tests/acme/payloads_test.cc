#include "acme/payloads.h"

#include "acme/json.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

TEST(PayloadsTest, NewAccountSaysWhatItMust) {
  EXPECT_EQ(
      NewAccountPayload({.contacts = {"mailto:a@example.org", "mailto:b@example.org"},
                         .terms_of_service_agreed = true}),
      R"({"termsOfServiceAgreed":true,"contact":["mailto:a@example.org","mailto:b@example.org"]})");
  EXPECT_EQ(NewAccountPayload({.contacts = {}, .terms_of_service_agreed = true}),
            R"({"termsOfServiceAgreed":true})");
  EXPECT_EQ(NewAccountPayload({.contacts = {}, .only_return_existing = true}),
            R"({"termsOfServiceAgreed":false,"onlyReturnExisting":true})");
}

// RFC 8555 §7.3.4; A3: the binding is spent by a creation, so it goes with nothing else.
TEST(PayloadsTest, NewAccountCarriesTheBindingOnlyToCreate) {
  EXPECT_EQ(NewAccountPayload({.contacts = {},
                               .terms_of_service_agreed = true,
                               .external_account_binding = R"({"protected":"e30"})"}),
            R"({"termsOfServiceAgreed":true,"externalAccountBinding":{"protected":"e30"}})");
  EXPECT_EQ(NewAccountPayload({.contacts = {},
                               .only_return_existing = true,
                               .external_account_binding = R"({"protected":"e30"})"}),
            R"({"termsOfServiceAgreed":false,"onlyReturnExisting":true})");
}

TEST(PayloadsTest, ContactsAreReplacedAsAWhole) {
  EXPECT_EQ(UpdateContactsPayload({"mailto:a@example.org"}),
            R"({"contact":["mailto:a@example.org"]})");
  EXPECT_EQ(UpdateContactsPayload({}), R"({"contact":[]})");
}

// RFC 8555 §7.3.5.
TEST(PayloadsTest, AKeyChangeNamesTheAccountAndItsOldKey) {
  const Jwk old_key{"ES256", R"({"crv":"P-256","kty":"EC","x":"AA","y":"AA"})"};
  EXPECT_EQ(
      KeyChangePayload(*HttpsUrl::Parse("https://ca.test/account/1"), old_key),
      R"({"account":"https://ca.test/account/1","oldKey":{"crv":"P-256","kty":"EC","x":"AA","y":"AA"}})");
}

// RFC 8555 §7.3.6, §7.5.2.
TEST(PayloadsTest, DeactivationIsAStatus) {
  EXPECT_EQ(DeactivatePayload(), R"({"status":"deactivated"})");
}

TEST(PayloadsTest, ContactsCannotBreakOut) {
  const auto payload =
      NewAccountPayload({.contacts = {R"(mailto:"],"onlyReturnExisting":true,"x":[")"}});
  const auto parsed = ParseJsonObject(payload);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE((*parsed)["onlyReturnExisting"].is_null());
}

TEST(PayloadsTest, NewOrderKeepsTheOrderOfNames) {
  const std::vector<Identifier> names = {*Identifier::Parse("*.example.org"),
                                         *Identifier::Parse("example.org")};
  EXPECT_EQ(NewOrderPayload(names, ""), R"({"identifiers":[{"type":"dns","value":"*.example.org"},)"
                                        R"({"type":"dns","value":"example.org"}]})");
  EXPECT_EQ(NewOrderPayload({names[1]}, "short\"lived"),
            R"({"identifiers":[{"type":"dns","value":"example.org"}],"profile":"short\"lived"})");
}

// RFC 9773 §5; tH5: never a null.
TEST(PayloadsTest, NewOrderNamesWhatItReplacesOnlyIfItReplacesSomething) {
  const std::vector<Identifier> names = {*Identifier::Parse("example.org")};
  EXPECT_EQ(NewOrderPayload(names, "", "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"),
            R"({"identifiers":[{"type":"dns","value":"example.org"}],)"
            R"("replaces":"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"})");
  EXPECT_EQ(NewOrderPayload(names, "tlsserver", "a.b"),
            R"({"identifiers":[{"type":"dns","value":"example.org"}],"profile":"tlsserver",)"
            R"("replaces":"a.b"})");
  EXPECT_EQ(NewOrderPayload(names, "", ""), NewOrderPayload(names, ""));
}

TEST(PayloadsTest, BinaryIsBase64UrlWithoutPadding) {
  const Bytes der = {0xFB, 0xFF, 0xFE, 0x00};
  EXPECT_EQ(FinalizePayload(der), R"({"csr":"-__-AA"})");
  EXPECT_EQ(RevokePayload(der, RevocationReason::kSuperseded),
            R"({"certificate":"-__-AA","reason":4})");
}

// RFC 8555 §7.5.1; Pebble -strict refuses anything else.
TEST(PayloadsTest, AChallengeIsAnsweredWithAnEmptyObject) {
  EXPECT_EQ(ChallengeResponsePayload(), "{}");
}

}  // namespace
}  // namespace certbroker::acme
