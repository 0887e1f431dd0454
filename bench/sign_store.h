// bench/sign_store.h: a SoftHSM2 store with one key, for a measurement, gone with it.
#pragma once

#include <filesystem>

#include "bench/contender.h"

namespace certbroker::bench {

class SignStore {
 public:
  // Provisions in a process of its own. kHsmUnavailable: it has said why on standard error.
  static Result<std::unique_ptr<SignStore>> Make(keystore::KeyKind kind);
  ~SignStore();
  SignStore(const SignStore&) = delete;
  SignStore& operator=(const SignStore&) = delete;

  // With SoftHSM2 itself as the module.
  const SignTarget& target() const { return target_; }

 private:
  SignStore() = default;

  std::filesystem::path directory_;
  SignTarget target_;
};

}  // namespace certbroker::bench
