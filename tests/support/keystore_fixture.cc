#include "tests/support/keystore_fixture.h"

#include <thread>

#include "tests/support/jws_verifier.h"
#include "tests/support/signing_input.h"

namespace certbroker {

using ::testing::HasSubstr;
using ::testing::Not;

void KeystoreFixture::TearDown() {
  keystore_.reset();
  for (const std::string& line : log_.lines()) {
    EXPECT_THAT(line, Not(HasSubstr(std::string(SoftToken::kPin))));
  }
}

Result<std::unique_ptr<keystore::Keystore>> KeystoreFixture::TryOpen() {
  return keystore::Keystore::Open(token_.keystore_options(), ledger_, clock_, log_);
}

void KeystoreFixture::Open() {
  auto keystore = TryOpen();
  ASSERT_THAT(keystore, IsOk());
  keystore_ = *std::move(keystore);
}

Result<std::unique_ptr<Signer>> KeystoreFixture::TrySigner(const std::string& key_label) {
  return keystore_->SignerFor(
      SoftToken::UriOf(key_label),
      {.allowed_origins = {"https://acme.example:443"}, .expected_thumbprint = std::nullopt});
}

std::unique_ptr<Signer> KeystoreFixture::SignerOf(const std::string& key_label) {
  auto signer = TrySigner(key_label);
  EXPECT_THAT(signer, IsOk());
  return *std::move(signer);
}

JwsInput KeystoreFixture::Input() { return AnyRequest(); }

std::string KeystoreFixture::SignedBy(Signer& signer) {
  const auto body = signer.Sign(Input(), In(std::chrono::seconds(5)));
  if (!body) return body.error().ToString();
  return VerifiesUnder(ReceiveJws(*body), signer.public_key()) ? "ok" : "A WRONG SIGNATURE";
}

bool KeystoreFixture::Becomes(keystore::TokenState state, std::chrono::milliseconds limit) {
  const SteadyTime deadline = In(limit);
  while (keystore_->health().state != state) {
    if (clock_.Tick() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace certbroker
