#include "tests/conformance/signer_suite.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/fakes/fake_signer.h"
#include "tests/support/fault_module.h"
#include "tests/support/remote_token.h"
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

// What all tokens have in common.
class TokenHarness {
 public:
  std::unique_ptr<Signer> Make(std::vector<std::string> allowed_origins) {
    auto signer = keystore_->SignerFor(
        SoftToken::UriOf("account"),
        {.allowed_origins = std::move(allowed_origins), .expected_thumbprint = std::nullopt});
    EXPECT_THAT(signer, IsOk());
    return *std::move(signer);
  }
  Clock& clock() { return clock_; }

 protected:
  void Provision(const SoftToken& token, keystore::KeyKind kind) {
    keystore::ProvisionOptions options = token.provision_options({"account"});
    options.key_kind = kind;
    EXPECT_THAT(keystore::Provision(options, log_), IsOk());
  }
  void Open(const keystore::KeystoreOptions& options) {
    auto keystore = keystore::Keystore::Open(options, ledger_, clock_, log_);
    EXPECT_THAT(keystore, IsOk());
    keystore_ = *std::move(keystore);
  }
  // The token is a member of the heir: the keystore goes first.
  void Close() { keystore_.reset(); }

 private:
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
  std::unique_ptr<keystore::Keystore> keystore_;
};

template <keystore::KeyKind kKind>
class SoftHsmHarness : public TokenHarness {
 public:
  SoftHsmHarness() {
    Provision(token_, kKind);
    Open(token_.keystore_options());
  }
  ~SoftHsmHarness() { Close(); }

 private:
  SoftToken token_;
};

template <keystore::KeyKind kKind>
class ShimHarness : public TokenHarness {
 public:
  ShimHarness() {
    // As far from SoftHSM as it goes: few sessions, all read-write, handles that change.
    shim_.Set("MAXSESS 4\nNOROSESSIONS\nRENUMBER");
    Provision(token_, kKind);
    Open(token_.keystore_options());
  }
  ~ShimHarness() { Close(); }

 private:
  FaultModule shim_;
  SoftToken token_{FaultModule::path()};
};

template <keystore::KeyKind kKind>
class RemoteHarness : public TokenHarness {
 public:
  RemoteHarness() : remote_({"account"}, kKind) { Open(remote_.keystore_options()); }
  ~RemoteHarness() { Close(); }

 private:
  RemoteToken remote_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, SignerSuite, FakeHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsm, SignerSuite, SoftHsmHarness<keystore::KeyKind::kEcP256>);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsmEs384, SignerSuite,
                               SoftHsmHarness<keystore::KeyKind::kEcP384>);
INSTANTIATE_TYPED_TEST_SUITE_P(SoftHsmRs256, SignerSuite,
                               SoftHsmHarness<keystore::KeyKind::kRsa2048>);

INSTANTIATE_TYPED_TEST_SUITE_P(Shim, SignerSuite, ShimHarness<keystore::KeyKind::kEcP256>);
INSTANTIATE_TYPED_TEST_SUITE_P(ShimEs384, SignerSuite, ShimHarness<keystore::KeyKind::kEcP384>);
INSTANTIATE_TYPED_TEST_SUITE_P(ShimRs256, SignerSuite, ShimHarness<keystore::KeyKind::kRsa2048>);
INSTANTIATE_TYPED_TEST_SUITE_P(Remote, SignerSuite, RemoteHarness<keystore::KeyKind::kEcP256>);
INSTANTIATE_TYPED_TEST_SUITE_P(RemoteEs384, SignerSuite, RemoteHarness<keystore::KeyKind::kEcP384>);
INSTANTIATE_TYPED_TEST_SUITE_P(RemoteRs256, SignerSuite,
                               RemoteHarness<keystore::KeyKind::kRsa2048>);

}  // namespace
}  // namespace certbroker
