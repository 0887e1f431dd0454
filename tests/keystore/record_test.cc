// What the keystore puts on record, and that nothing is signed without.
#include "tests/support/jws_verifier.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using RecordTest = KeystoreFixture;

TEST_F(RecordTest, EverySignatureIsRecordedBeforeItIsMade) {
  token_.Provision({"main"});
  const long before = faults_.Calls("C_Sign");
  Open();
  const auto signer = SignerOf("main");
  ASSERT_EQ(SignedBy(*signer), "ok");
  ASSERT_EQ(SignedBy(*signer), "ok");

  const auto uses = ledger_.uses();
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(faults_.Calls("C_Sign") - before, 3);
  EXPECT_EQ(uses[0].purpose, SignaturePurpose::kKeyProof);
  EXPECT_EQ(uses[0].thumbprint, uses[1].thumbprint);
  EXPECT_EQ(uses[0].input_sha256.size(), kKeyUseHashOctets);
  EXPECT_EQ(uses[1].purpose, SignaturePurpose::kNewAccount);
  EXPECT_EQ(uses[1].url, Input().url.ToString());
  EXPECT_EQ(uses[1].subject, "orders/1");
  EXPECT_EQ(uses[1].key_uri, SoftToken::UriOf("main").ToString());
}

TEST_F(RecordTest, NothingIsSignedWithoutARecord) {
  token_.Provision({"main"});
  Open();
  const auto signer = SignerOf("main");
  const long before = faults_.Calls("C_Sign");
  ledger_.FailWith(Error(Reason::kDatabaseUnavailable, "the database is away"));

  EXPECT_THAT(signer->Sign(Input(), In(std::chrono::seconds(5))),
              IsError(Reason::kDatabaseUnavailable));
  EXPECT_THAT(TrySigner("main"), IsError(Reason::kDatabaseUnavailable));
  EXPECT_EQ(faults_.Calls("C_Sign"), before);

  ledger_.FailWith(std::nullopt);
  EXPECT_EQ(SignedBy(*signer), "ok");
}

// RFC 7515 §5.1: the digest on record is of what anybody can read in the request that was sent.
TEST_F(RecordTest, TheRecordNamesTheVerySigningInput) {
  token_.Provision({"main"});
  Open();
  const auto signer = SignerOf("main");
  const auto body = signer->Sign(Input(), In(std::chrono::seconds(5)));
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(ledger_.uses().back().input_sha256, Sha256(AsBytes(ReceiveJws(*body).signing_input)));
}

}  // namespace
}  // namespace certbroker::keystore
