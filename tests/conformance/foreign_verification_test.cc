// Each algorithm's JWS, verified by a library that is not ours and knows nothing of us.
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/support/result_matchers.h"
#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;

// python3-jwcrypto: what is signed, or the exception.
constexpr const char* kVerify = R"(
import json, sys
from jwcrypto import jwk, jws
token = jws.JWS()
token.deserialize(sys.argv[2])
token.verify(jwk.JWK(**json.loads(sys.argv[1])))
print(token.jose_header["alg"], token.payload.decode())
)";

class ForeignVerificationTest : public ::testing::TestWithParam<keystore::KeyKind> {
 protected:
  void SetUp() override {
    keystore::ProvisionOptions options = token_.provision_options({"account"});
    options.key_kind = GetParam();
    ASSERT_THAT(keystore::Provision(options, log_), IsOk());
    auto keystore = keystore::Keystore::Open(token_.keystore_options(), ledger_, clock_, log_);
    ASSERT_THAT(keystore, IsOk());
    keystore_ = *std::move(keystore);
    auto signer = keystore_->SignerFor(
        SoftToken::UriOf("account"),
        {.allowed_origins = {"https://acme.example:443"}, .expected_thumbprint = std::nullopt});
    ASSERT_THAT(signer, IsOk());
    signer_ = *std::move(signer);
  }
  std::string Signed() {
    const auto body = signer_->Sign({.purpose = SignaturePurpose::kNewOrder,
                                     .url = *HttpsUrl::Parse("https://acme.example/new-order"),
                                     .nonce = *Nonce::Parse("nonce-1"),
                                     .account_url = *HttpsUrl::Parse("https://acme.example/acct/1"),
                                     .payload = R"({"identifiers":[]})",
                                     .subject = "orders/1"},
                                    clock_.Tick() + std::chrono::seconds(10));
    EXPECT_THAT(body, IsOk());
    return body ? *body : "";
  }
  ProgramResult VerifiedBySomebodyElse(const std::string& body) {
    return RunProgram("python3", {"-c", kVerify, signer_->public_key().canonical_json, body});
  }

 private:
  SoftToken token_;
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
  std::unique_ptr<keystore::Keystore> keystore_;
  std::unique_ptr<Signer> signer_;

 protected:
  const std::string& algorithm() const { return signer_->public_key().algorithm; }
};

TEST_P(ForeignVerificationTest, AnotherLibraryTakesTheSignature) {
  const ProgramResult verified = VerifiedBySomebodyElse(Signed());
  ASSERT_EQ(verified.exit_code, 0) << verified;
  EXPECT_EQ(verified.out, algorithm() + " {\"identifiers\":[]}\n");
}

TEST_P(ForeignVerificationTest, AndRefusesOneThatWasChanged) {
  std::string body = Signed();
  const auto at = body.find(R"("payload":")") + 11;
  body[at + 4] = body[at + 4] == 'A' ? 'B' : 'A';
  const ProgramResult verified = VerifiedBySomebodyElse(body);
  EXPECT_NE(verified.exit_code, 0);
  EXPECT_THAT(verified.err, HasSubstr("InvalidJWSSignature")) << verified;
}

INSTANTIATE_TEST_SUITE_P(Algorithms, ForeignVerificationTest,
                         ::testing::ValuesIn(keystore::kAllKeyKinds));

}  // namespace
}  // namespace certbroker
