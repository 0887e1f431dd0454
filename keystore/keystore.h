// keystore/keystore.h: the keys of one token, and Signers for them.
//
// The token may come late, go and come back; nothing here needs a restart for that. Nothing here
// writes to the token either: making tokens and keys is keystore/provision.h. There is no way to
// have anything signed but what a signer builds itself: a Signer its JWS, an AgentCaSigner its
// certificates.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/ports/agent_ca_signer.h"
#include "core/ports/checkpoint_signer.h"
#include "core/ports/key_use_ledger.h"
#include "core/ports/signer.h"
#include "core/result.h"
#include "keystore/key_description.h"
#include "keystore/key_uri.h"
#include "keystore/pin_source.h"
#include "keystore/signer_policy.h"
#include "keystore/token_facts.h"
#include "keystore/token_health.h"

namespace certbroker::keystore {

struct KeystoreOptions {
  std::string module;     // path of the PKCS#11 module; keystores of one process may share it
  std::string init_args;  // for its C_Initialize; most modules need none, and all tokens the same
  TokenSelector token;
  PinSource pin_file;  // see keystore/pin_source.h
  // Sessions and threads at most; opened as needed. A network HSM wants many (its latency is what
  // limits), SoftHSM is busy with two. The token's own limit holds too.
  std::size_t sessions = 32;
  // How long Open, SignerFor and Describe wait for the token.
  std::chrono::milliseconds patience{10'000};
};

struct KeystoreDescription {
  TokenFacts token;
  std::vector<KeyDescription> keys;  // by CKA_ID
};

// Thread-safe. `clock` must go with the system's steady clock, because threads really wait; ledger,
// clock and log outlive the keystore, the keystore outlives its Signers. Every signature, test
// signatures too, is in the ledger before it is made.
class Keystore {
 public:
  // Loads the module, logs in once and checks nothing else. A token that is not there is no error:
  // the keystore starts degraded and keeps trying; Signers and health() say so.
  //
  // Errors: kConfigInvalid (options, no such module, or in use with other init_args) ·
  // kHsmPinRefused (PIN file, wrong PIN, locked token: never tried again by itself).
  static Result<std::unique_ptr<Keystore>> Open(KeystoreOptions options, KeyUseLedger& ledger,
                                                Clock& clock, Log& log);
  // Joins its threads; the last one of a module finalises it. Call Stop first where a call may be
  // stuck.
  ~Keystore();
  Keystore(const Keystore&) = delete;
  Keystore& operator=(const Keystore&) = delete;

  // A Signer for the key, which was looked up, found to be non-extractable and made to prove itself
  // (and will be again after every reconnect). Takes up keys that were provisioned after Open.
  //
  // Errors: kHsmKeyMissing (no such key, or the URI is about another token) · kHsmKeyRefused
  // (attributes, several keys, thumbprint) · kHsmUnavailable (ask again later; never means that the
  // key is missing) · kHsmPinRefused · as KeyUseLedger::Record.
  Result<std::unique_ptr<Signer>> SignerFor(const KeyUri& uri, SignerPolicy policy);

  // A signer of the ledger's checkpoints with that key, looked up and examined as by SignerFor. Not
  // an account's key: what it signs is not on record but in what it signs. Errors as SignerFor.
  Result<std::unique_ptr<CheckpointSigner>> CheckpointSignerFor(const KeyUri& uri);

  // A signer of agents' certificates with that key, looked up and examined as by SignerFor. What it
  // signs is not in the ledger of key uses; its certificates are numbered instead. Errors as
  // SignerFor.
  Result<std::unique_ptr<AgentCaSigner>> AgentCaSignerFor(const KeyUri& uri);

  // Every private key of the token with its attributes and whether it could sign, tried out.
  // kHsmUnavailable, kHsmPinRefused.
  Result<KeystoreDescription> Describe();

  TokenHealth health() const;

  // Ends all use of the token before the process ends. False: a call has been stuck in the module
  // until `deadline`. The program must then write its logs and call _exit: neither the destructor
  // nor static destructors may run while a thread is in there.
  bool Stop(SteadyTime deadline);

 private:
  struct Parts;
  explicit Keystore(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace certbroker::keystore
