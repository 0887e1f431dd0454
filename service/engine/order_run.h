// service/engine/order_run.h: one lease of one order, from the first effect to the commit that
// gives the lease back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/order_machine.h"
#include "core/ports/order_queue.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// Kept alive by whoever is to continue it: a task on a worker, or the callback of an exchange. One
// thread at a time.
class OrderRun : public std::enable_shared_from_this<OrderRun> {
 public:
  OrderRun(OrderRunner& runner, LeasedOrder leased);

  // On a worker.
  void Begin();

 private:
  acme::MachineContext Context() const;
  void Proceed();
  void CarryOut(const acme::Effect& effect);

  // Whether the order waits for the roll-over of its account's key; if so, it is put down.
  bool WaitsForKey();
  bool IsSignedWithAnotherKey(const Error& failure);
  // Puts the order down for a moment: it is signed for anew, with the key that is the account's
  // then.
  bool WaitForKey(const std::string& event);

  // One per effect that talks to the CA.
  void Place();
  void PlaceAt(const acme::Directory& directory);
  void SendNewOrder(const acme::Directory& directory, std::string note);
  void ResumePlaced();
  void PlaceAfterDoubt();
  bool StillGranted();
  void SendFinalize();
  void Fetch(const HttpsUrl& url);
  void Respond(std::size_t index);
  void Download(const HttpsUrl& url);

  void Send(acme::SignedCall call);
  Result<void> Record(const Intent& intent, const Order& order_after, const std::string& event);
  void OnAnswer(Result<acme::Answer> answer);
  Result<acme::Observation> Observe(const acme::Answer& answer);
  Result<acme::Observation> ObserveOrder(const acme::Answer& answer) const;
  // The default chain came, or an alternate: fetches the next, or concludes.
  void OnChain(Result<acme::Answer> answer);
  Result<acme::Observation> ObserveChains();

  void Conclude(const Result<acme::Observation>& outcome);
  // Takes the step; true when the run goes on at once.
  bool Take(acme::Step step);
  bool MustCommit(const acme::Step& step) const;
  void LogState(const Order& after) const;
  // The store would not have it. As Take.
  bool TakeRefusal(Error why);
  void End(std::optional<std::chrono::milliseconds> due_in);

  OrderRunner& runner_;
  Order order_;
  std::optional<OpenIntent> open_intent_;
  std::shared_ptr<const UsableAccount> account_;
  acme::Effect effect_;
  bool finalize_again_ = false;
  bool refused_ = false;
  bool in_doubt_ = false;           // open_intent_ may have been acted upon
  std::optional<IntentId> intent_;  // recorded by this run, not settled yet
  std::optional<Fact> fact_;        // the answer to it
  std::optional<CertificateVersion> issued_;
  std::vector<std::string> chains_;        // PEM: the default, then alternates
  std::vector<HttpsUrl> alternates_left_;  // last first
  SteadyTime committed_;                   // last proof that the lease is ours
};

}  // namespace certbroker::engine
