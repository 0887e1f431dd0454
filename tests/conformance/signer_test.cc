#include "tests/conformance/signer_suite.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/fakes/fake_signer.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

// The fake hands out one key per object; the harness keeps the first one for each list of origins.
class FakeHarness {
 public:
  std::unique_ptr<Signer> Make(std::vector<std::string> allowed_origins) {
    return std::make_unique<Shared>(
        signers_.try_emplace(allowed_origins, std::make_shared<FakeSigner>(clock_, allowed_origins))
            .first->second);
  }
  Clock& clock() { return clock_; }

 private:
  class Shared final : public Signer {
   public:
    explicit Shared(std::shared_ptr<FakeSigner> signer) : signer_(std::move(signer)) {}
    Result<std::string> Sign(const JwsInput& input, SteadyTime deadline) override {
      return signer_->Sign(input, deadline);
    }
    const Jwk& public_key() const override { return signer_->public_key(); }

   private:
    std::shared_ptr<FakeSigner> signer_;
  };
  FakeClock clock_;
  std::map<std::vector<std::string>, std::shared_ptr<FakeSigner>> signers_;
};

template <keystore::KeyKind kKind>
class SoftHsmHarness {
 public:
  SoftHsmHarness() {
    keystore::ProvisionOptions options = token_.provision_options({"account"});
    options.key_kind = kKind;
    EXPECT_THAT(keystore::Provision(options, log_), IsOk());
    auto keystore = keystore::Keystore::Open(token_.keystore_options(), ledger_, clock_, log_);
    EXPECT_THAT(keystore, IsOk());
    keystore_ = *std::move(keystore);
  }
  std::unique_ptr<Signer> Make(std::vector<std::string> allowed_origins) {
    auto signer = keystore_->SignerFor(
        SoftToken::UriOf("account"),
        {.allowed_origins = std::move(allowed_origins), .expected_thumbprint = std::nullopt});
    EXPECT_THAT(signer, IsOk());
    return *std::move(signer);
  }
  Clock& clock() { return clock_; }

 private:
  SoftToken token_;
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
  std::unique_ptr<keystore::Keystore> keystore_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, SignerSuite, FakeHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsm, SignerSuite, SoftHsmHarness<keystore::KeyKind::kEcP256>);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsmEs384, SignerSuite,
                               SoftHsmHarness<keystore::KeyKind::kEcP384>);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsmRs256, SignerSuite,
                               SoftHsmHarness<keystore::KeyKind::kRsa2048>);

}  // namespace
}  // namespace certbroker
