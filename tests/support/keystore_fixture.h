// tests/support/keystore_fixture.h: a keystore on a private SoftHSM2 token that can be made to
// fail.
#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "keystore/keystore.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/support/fault_module.h"
#include "tests/support/result_matchers.h"
#include "tests/support/soft_token.h"

namespace certbroker {

class KeystoreFixture : public ::testing::Test {
 protected:
  KeystoreFixture() : token_(FaultModule::path()) {}
  // No PIN in any log line, whatever the test did.
  void TearDown() override;

  Result<std::unique_ptr<keystore::Keystore>> TryOpen();
  void Open();
  Result<std::unique_ptr<Signer>> TrySigner(const std::string& key_label);
  std::unique_ptr<Signer> SignerOf(const std::string& key_label);

  SteadyTime In(std::chrono::milliseconds time) { return clock_.Tick() + time; }
  static JwsInput Input();
  // Signs within five seconds. "ok" when the signature verifies under the signer's key.
  std::string SignedBy(Signer& signer);
  // Asks again and again, for at most `limit`.
  bool Becomes(keystore::TokenState state,
               std::chrono::milliseconds limit = std::chrono::seconds(5));

  FaultModule faults_;
  SoftToken token_;
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
  std::unique_ptr<keystore::Keystore> keystore_;
};

}  // namespace certbroker
