#include "service/engine/abandonment_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/messages.h"
#include "acme/payloads.h"
#include "core/backoff.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int kAtOnce = 10;
constexpr int kTries = 5;
constexpr BackoffLimits kDeactivationBackoff{minutes{1}, minutes{60}};

}  // namespace

struct AbandonmentRunner::Run {
  AbandonedAuthorization authorization;
  std::shared_ptr<const UsableAccount> account;
};

AbandonmentRunner::AbandonmentRunner(RunnerDeps deps, AbandonedAuthorizations& rows,
                                     LeaseOptions options)
    : deps_(deps), rows_(rows), options_(std::move(options)) {}

Result<std::optional<milliseconds>> AbandonmentRunner::LeaseDue() {
  const int room = std::min(options_.max_in_flight, kAtOnce) - in_flight_;
  if (room <= 0) return std::optional<milliseconds>();  // a run that ends brings us back
  ASSIGN_OR_RETURN(
      LeasedAbandoned leased,
      rows_.LeaseAbandoned({.owner = options_.owner, .limit = room, .lease = options_.lease}));
  for (AbandonedAuthorization& authorization : leased.authorizations) {
    ++in_flight_;
    auto run = std::make_shared<Run>(Run{std::move(authorization), nullptr});
    deps_.workers.Post([this, run] { Begin(run); });
  }
  return leased.next_due_in;
}

void AbandonmentRunner::Begin(const RunPtr& run) {
  if (run->authorization.in_use) {
    End({.authorization = run->authorization, .outcome = "handed to another order"});
    return;
  }
  auto account = deps_.accounts.Get(run->authorization.account);
  if (!account) {
    Conclude(run, std::move(account).error());
    return;
  }
  run->account = *std::move(account);
  Send(run, SignaturePurpose::kPostAsGet, {},
       [this, run](const Result<acme::Answer>& answer) { OnRead(run, answer); });
}

void AbandonmentRunner::Send(const RunPtr& run, SignaturePurpose purpose, std::string payload,
                             acme::Client::Done done) {
  acme::SignedCall call;
  call.purpose = purpose;
  call.target = run->authorization.url;
  call.payload = std::move(payload);
  call.account_url = run->account->account.account_url;
  call.subject = "orders/" + run->authorization.order.ToString();
  run->account->issuer.client.Send(std::move(call), *run->account->signer, std::move(done));
}

// It may have passed since we looked: a proof is worth keeping, and a CA deactivates valid ones,
// too.
void AbandonmentRunner::OnRead(const RunPtr& run, const Result<acme::Answer>& answer) {
  if (!answer) {
    Conclude(run, answer);
    return;
  }
  const auto message = acme::ParseAuthorization(answer->response.body);
  if (!message || message->status != AuthorizationStatus::kPending) {
    End({.authorization = run->authorization,
         .outcome = message ? fmt::format("left alone: {}", ToString(message->status))
                            : message.error().ToString()});
    return;
  }
  Send(run, SignaturePurpose::kAuthorizationDeactivation, acme::DeactivatePayload(),
       [this, run](const Result<acme::Answer>& deactivated) { Conclude(run, deactivated); });
}

// Whatever else a CA says than that it cannot now, there is nothing left to do: it has none such,
// or it is valid, invalid, expired.
void AbandonmentRunner::Conclude(const RunPtr& run, const Result<acme::Answer>& answer) {
  AbandonedCommit commit{.authorization = run->authorization, .outcome = "deactivated"};
  if (!answer) {
    const Error& error = answer.error();
    AbandonedAuthorization& authorization = commit.authorization;
    const bool other_key =
        run->account && deps_.accounts.StandingOf(*run->account, error) != KeyStanding::kSame;
    const bool may_pass = other_key || error.retry() != Retry::kNever;
    const bool again = may_pass && ++authorization.failures < kTries;
    commit.outcome = again ? "" : error.ToString();
    commit.due_in = Backoff(authorization.failures, kDeactivationBackoff, deps_.random);
    if (error.retry_after())
      commit.due_in = std::max<milliseconds>(commit.due_in, *error.retry_after());
  }
  End(std::move(commit));
}

void AbandonmentRunner::End(AbandonedCommit commit) {
  const auto committed = rows_.Commit(commit);
  if (!committed && committed.error().reason() != Reason::kLeaseLost) {
    deps_.log.Warning("commit_failed", {{"order", commit.authorization.order.ToString()},
                                        {"error", committed.error().ToString()}});
  }
  --in_flight_;
  if (notify_due_) notify_due_(commit.due_in);
}

}  // namespace certbroker::engine
