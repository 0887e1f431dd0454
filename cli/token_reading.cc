#include "cli/token_reading.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/silent_log.h"
#include "core/clock.h"
#include "keystore/proofs_only_ledger.h"

namespace certbroker::cli {
namespace {

using std::chrono::seconds;

// Long enough for a network HSM's login; a token that is not plugged in is not waited for longer.
constexpr seconds kPatience{5};
constexpr seconds kEndLimit{5};

// The service waits for a token that is not there; a person is told what it may lack.
Error WithAdvice(Error error) {
  if (error.reason() != Reason::kHsmUnavailable) return error;
  return {Reason::kHsmUnavailable,
          error.detail() +
              "; check the label, that the token is plugged in, and that the module finds its own "
              "configuration (for SoftHSM2 the file that SOFTHSM2_CONF names). `certbroker "
              "keystore provision` makes a token where there is none"};
}

}  // namespace

Result<keystore::KeystoreDescription> ReadToken(const TokenOptions& token) {
  SystemClock clock;
  SilentLog log;
  keystore::ProofsOnlyLedger ledger;
  keystore::KeystoreOptions options;
  options.module = token.module;
  options.init_args = token.init_args;
  options.token.label = token.token_label;
  options.pin_file = token.pin_file;
  options.sessions = 1;
  options.patience = kPatience;
  ASSIGN_OR_RETURN(const auto keystore,
                   keystore::Keystore::Open(std::move(options), ledger, clock, log));
  auto description = keystore->Describe();
  if (!keystore->Stop(clock.Tick() + kEndLimit)) {
    std::fputs("certbroker: a call into the PKCS#11 module does not return\n", stderr);
    std::fflush(nullptr);
    ::_exit(client::kExitFailed);
  }
  if (!description) return WithAdvice(std::move(description).error());
  return description;
}

}  // namespace certbroker::cli
