// service/engine/account_rollover.h: one attempt to have a CA take an account's wanted key for its
// present one (RFC 8555 §7.3.5).
//
// It begins by asking which key is live: newAccount with onlyReturnExisting, signed with the new
// one (§7.3.1). So a holder that died after the CA had acted costs nothing, a lost answer is no
// trouble, and no outcome is guessed. It is given up only when the CA has said that it does not
// know the new key, or has just answered the old one: what the database names is then what the CA
// takes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "acme/client.h"
#include "core/account.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "core/result.h"
#include "core/unique_function.h"
#include "service/engine/account_book.h"

namespace certbroker::engine {

struct RolloverOutcome {
  enum class End {
    kNewKeyIsLive,  // and the old one is not
    kGivenUp,       // the old one is, and `why`
    kAgain,         // the CA may have heard of it: to be asked again
  };
  End end = End::kAgain;
  std::optional<Error> why = {};
  // With kAgain: when. Nothing: as after a failure.
  std::optional<std::chrono::milliseconds> due_in = {};
};

// Kept alive by its own exchanges. One thread at a time.
class AccountRollover : public std::enable_shared_from_this<AccountRollover> {
 public:
  using Done = UniqueFunction<void(const RolloverOutcome&)>;
  struct Deps {
    AccountStore& accounts;
    AccountKeys& keys;
    Clock& clock;
    // When nothing is sent any more that could outlive the lease.
    SteadyTime send_before = SteadyTime::max();
  };

  // `account` has a wanted key. What `deps` and `issuer` name outlives the attempt.
  AccountRollover(Deps deps, const Issuer& issuer, Account account, Done done);

  // On a worker; `done` too, exactly once.
  void Begin();

 private:
  // Orders whose challenges name the present key's thumbprint (§8.1) come first.
  bool WaitsForOrders();
  bool TakeKeys();
  void Ask();
  void OnAsked(const Result<acme::Answer>& answer);
  void OnNotKnown();
  void Send(const acme::Directory& directory);
  Result<void> StillOurs() const;
  void OnChanged(const Result<acme::Answer>& answer);
  // Asks with the old key, unless the new one is known to be unknown.
  void GiveUp(Error why);

  acme::SignedCall CallFor(SignaturePurpose purpose) const;
  bool IsLate() const { return account_.change_age >= issuer_.rollover.patience; }
  // Nothing that was sent before IsLate can still be on its way.
  bool IsOver() const;
  Error TooLate() const;
  void End(RolloverOutcome outcome) { done_(outcome); }
  void Again(Error why);

  const Deps deps_;
  const Issuer& issuer_;
  const Account account_;
  Done done_;
  std::shared_ptr<Signer> old_key_;
  std::shared_ptr<Signer> new_key_;
  std::string problem_;                // type of the problem document of the last answer
  bool new_key_is_unknown_ = false;    // the CA has just said so
  bool account_is_gone_ = false;       // for the new key, that is
  std::optional<Error> change_error_;  // why keyChange was refused
};

}  // namespace certbroker::engine
