#include "keystore/keystore.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/random.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_agent_ca_signer.h"
#include "keystore/hsm_checkpoint_signer.h"
#include "keystore/hsm_signer.h"
#include "keystore/hsm_workers.h"
#include "keystore/key_examination.h"
#include "keystore/token_link.h"
#include "keystore/with_token.h"

namespace certbroker::keystore {
namespace {

Result<void> CheckOptions(const KeystoreOptions& options) {
  const auto missing = [](std::string_view what) {
    return Error(Reason::kConfigInvalid, fmt::format("the keystore needs {}", what));
  };
  if (options.module.empty()) return missing("the path of a PKCS#11 module");
  if (options.token.label.empty() && options.token.serial.empty()) {
    return missing("the label or the serial of a token");
  }
  if (options.pin_file.empty()) return missing("a PIN file");
  RETURN_IF_ERROR(options.pin_file.Check());
  if (options.sessions == 0 || options.sessions > 1024) return missing("1 to 1024 sessions");
  return {};
}

Result<void> CheckToken(const KeyUri& uri, const TokenFacts& token) {
  const auto fits = [](const std::string& asked, const std::string& is) {
    return asked.empty() || asked == is;
  };
  if (fits(uri.token(), token.label) && fits(uri.serial(), token.serial) &&
      fits(uri.manufacturer(), token.manufacturer) && fits(uri.model(), token.model)) {
    return {};
  }
  return Error(Reason::kHsmKeyMissing,
               fmt::format("{} is about another token than the one in use, '{}' with serial {}",
                           uri.ToString(), Printable(token.label), Printable(token.serial)));
}

Result<void> CheckThumbprint(const KeyUri& uri, const std::string& is,
                             const std::optional<std::string>& expected) {
  if (!expected || *expected == is) return {};
  return Error(Reason::kHsmKeyRefused,
               fmt::format("{} has the thumbprint {}, but the account was made with {}: another "
                           "key answers to this URI",
                           uri.ToString(), is, Printable(*expected, 64)));
}

Attempt<KeystoreDescription> DescribeToken(TokenConnection& connection, SteadyTime deadline) {
  if (auto scanned = connection.Rescan(); !scanned) {
    return AttemptOf<KeystoreDescription>(scanned.error());
  }
  KeystoreDescription description{connection.facts(), {}};
  for (const KeyEntry& entry : connection.keys()->keys()) {
    auto [rv, session] = connection.sessions().Acquire(deadline);
    if (rv != CKR_OK) return {CallFailed("C_OpenSession", rv), Classify(rv)};
    auto key =
        Examine(connection.functions(), session->handle(), entry, connection.ProofsUntil(deadline));
    if (!key) return AttemptOf<KeystoreDescription>(key.error());
    // A refused key may have left an operation open.
    if (!key->refusal) std::move(*session).GiveBack();
    description.keys.push_back(Describe(*key, connection.facts().label));
  }
  return {std::move(description)};
}

}  // namespace

struct Keystore::Parts {
  Parts(KeystoreOptions the_options, std::shared_ptr<SharedModule> the_module,
        KeyUseLedger& the_ledger, Clock& the_clock, Log& log)
      : options(std::move(the_options)),
        ledger(the_ledger),
        clock(the_clock),
        module(std::move(the_module)),
        link(*module, {options.token, options.pin_file, options.sessions}, {}, ledger, clock,
             random, log),
        workers(options.sessions, clock) {}

  SteadyTime Patience() const { return clock.Tick() + options.patience; }
  Result<std::shared_ptr<BoundKey>> Bind(const KeyUri& uri);

  const KeystoreOptions options;
  KeyUseLedger& ledger;
  Clock& clock;
  SystemRandom random;
  // In this order: the workers end first, then the link, then the module.
  const std::shared_ptr<SharedModule> module;
  TokenLink link;
  HsmWorkers workers;
};

Keystore::Keystore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Keystore::~Keystore() = default;

Result<std::unique_ptr<Keystore>> Keystore::Open(KeystoreOptions options, KeyUseLedger& ledger,
                                                 Clock& clock, Log& log) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(auto module, SharedModule::Get(options.module, options.init_args));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(module), ledger, clock, log);
  RETURN_IF_ERROR(parts->link.WaitForStart(parts->Patience()));
  return std::unique_ptr<Keystore>(new Keystore(std::move(parts)));
}

Result<std::shared_ptr<BoundKey>> Keystore::Parts::Bind(const KeyUri& uri) {
  using Bound = std::shared_ptr<BoundKey>;
  const SteadyTime deadline = Patience();
  return workers.Call<Bound>(deadline, [link = &link, uri, deadline] {
    return WithToken<Bound>(*link, deadline, [&](TokenConnection& connection) {
      if (auto fits = CheckToken(uri, connection.facts()); !fits) {
        return AttemptOf<Bound>(fits.error());
      }
      return BoundKey::Bind(connection, uri, deadline);
    });
  });
}

Result<std::unique_ptr<Signer>> Keystore::SignerFor(const KeyUri& uri, SignerPolicy policy) {
  ASSIGN_OR_RETURN(auto key, parts_->Bind(uri));
  RETURN_IF_ERROR(CheckThumbprint(uri, key->public_key().thumbprint(), policy.expected_thumbprint));
  return std::unique_ptr<Signer>(std::make_unique<HsmSigner>(
      parts_->workers, parts_->link, parts_->ledger, std::move(key), std::move(policy)));
}

Result<std::unique_ptr<CheckpointSigner>> Keystore::CheckpointSignerFor(const KeyUri& uri) {
  ASSIGN_OR_RETURN(auto key, parts_->Bind(uri));
  return std::unique_ptr<CheckpointSigner>(
      std::make_unique<HsmCheckpointSigner>(parts_->workers, parts_->link, std::move(key)));
}

Result<std::unique_ptr<AgentCaSigner>> Keystore::AgentCaSignerFor(const KeyUri& uri) {
  ASSIGN_OR_RETURN(auto key, parts_->Bind(uri));
  return std::unique_ptr<AgentCaSigner>(
      std::make_unique<HsmAgentCaSigner>(parts_->workers, parts_->link, std::move(key)));
}

Result<KeystoreDescription> Keystore::Describe() {
  const SteadyTime deadline = parts_->Patience();
  return parts_->workers.Call<KeystoreDescription>(deadline, [link = &parts_->link, deadline] {
    return WithToken<KeystoreDescription>(*link, deadline, [&](TokenConnection& connection) {
      return DescribeToken(connection, deadline);
    });
  });
}

TokenHealth Keystore::health() const { return parts_->link.health(); }

bool Keystore::Stop(SteadyTime deadline) {
  if (!parts_->link.Shutdown(deadline)) return false;
  parts_->workers.Stop();
  return true;
}

}  // namespace certbroker::keystore
