// tests/support/forked_signer.h: a process that opens a keystore, signs on several threads and ends
// as the service ends.
#pragma once

#include <sys/types.h>

#include <string>

#include "keystore/keystore.h"

namespace certbroker {

// A child of the test's process, which must never have loaded a PKCS#11 module itself and have one
// thread only: users of SoftHSM do not survive a fork.
class ForkedSigner {
 public:
  struct Options {
    keystore::KeystoreOptions keystore;
    std::string key_uri;
    int threads = 8;
    int signatures = 0;  // ends by itself after so many; 0: at SIGTERM
  };
  explicit ForkedSigner(const Options& options);
  // Kills and reaps what still runs.
  ~ForkedSigner();
  ForkedSigner(ForkedSigner&& other) noexcept : pid_(other.pid_), ready_(other.ready_) {
    other.pid_ = -1;
    other.ready_ = -1;
  }
  ForkedSigner& operator=(ForkedSigner&&) = delete;

  // Waits until the first signature is made. False: the process ended before.
  bool AwaitSigning() const;
  void Signal(int signal) const;
  // Waits for the end. 0: orderly; otherwise the exit code, or the signal as a negative number.
  int Await();

 private:
  pid_t pid_ = -1;
  int ready_ = -1;  // one octet comes with the first signature
};

// Runs `work` in a child and waits; whether it returned true.
bool InChild(bool (*work)(const void*), const void* argument);

}  // namespace certbroker
