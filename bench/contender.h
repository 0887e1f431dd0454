// bench/contender.h: one way to have a token sign, to be measured beside others.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "keystore/key_kind.h"

namespace certbroker::bench {

// Where the key is.
struct SignTarget {
  std::string module;
  std::string token_label;
  std::string pin;
  std::string pin_file;
  std::string key_label;
  keystore::KeyKind kind = keystore::KeyKind::kEcP256;
  std::size_t sessions = 64;
};

class Contender {
 public:
  virtual ~Contender() = default;
  // What one thread calls, again and again, for one signature each. False: there was none.
  virtual Result<std::function<bool()>> Hand() = 0;
};

using MakeContender = Result<std::unique_ptr<Contender>> (*)(const SignTarget& target);

// C_SignInit and C_Sign on a session per thread: what the module can do.
Result<std::unique_ptr<Contender>> MakeRaw(const SignTarget& target);
// A digest through the keystore: worker threads, deadline, gate, pool, epochs.
Result<std::unique_ptr<Contender>> MakeTokenSign(const SignTarget& target);
// A whole JWS by the keystore's Signer: form and origin checked, hashed, signed, verified under the
// key's public half, serialised. The record goes nowhere.
Result<std::unique_ptr<Contender>> MakeSigner(const SignTarget& target);
// EVP_DigestSign with libp11's key, one context per thread: libp11's own sixteen sessions.
Result<std::unique_ptr<Contender>> MakeLibp11(const SignTarget& target);

}  // namespace certbroker::bench
