// service/engine/account_registrar.h: makes accounts at CAs, or finds them, and tells CAs what is
// to change about them.
//
// A roll-over of its key is account_rollover.h's. newAccount with a key that is known already
// answers with the account it has (RFC 8555 §7.3), and a change says how things are to be, not what
// to add: each may be repeated, and a crash in the middle costs nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/ports/account_store.h"
#include "service/engine/account_rollover.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class AccountRegistrar final : public WorkSource {
 public:
  AccountRegistrar(RunnerDeps deps, AccountStore& accounts, AccountKeys& keys,
                   LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;

  void Begin(const RunPtr& run);
  void Register(const RunPtr& run, const acme::Directory& directory, const Issuer& issuer);
  void Update(const RunPtr& run, const Issuer& issuer);
  static std::string Binding(const Issuer& issuer, const Run& run,
                             const acme::Directory& directory);
  void RollOver(const RunPtr& run, const Issuer& issuer);
  void ConcludeRollover(const RunPtr& run, const Issuer& issuer, const RolloverOutcome& outcome);
  void Conclude(const RunPtr& run, const Result<HttpsUrl>& account_url);
  void ConcludeChange(const RunPtr& run, const Result<acme::Answer>& answer);
  // Counts the failure; when to try again.
  std::chrono::milliseconds Failed(Account& account, const Error& error);
  void End(const Account& account, std::chrono::milliseconds due_in);
  void Ended(const Account& account, std::chrono::milliseconds due_in,
             const Result<void>& committed);

  const RunnerDeps deps_;
  AccountStore& accounts_;
  AccountKeys& keys_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
