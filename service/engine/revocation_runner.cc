#include "service/engine/revocation_runner.h"

#include <utility>

#include "acme/messages.h"
#include "acme/payloads.h"
#include "core/backoff.h"
#include "pki/pem_chain.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kRevocationBackoff{milliseconds{500}, milliseconds{60'000}};

bool MayPass(const Error& error) {
  return error.retry() != Retry::kNever || error.reason() == Reason::kHsmPinRefused ||
         error.reason() == Reason::kHsmKeyMissing || error.reason() == Reason::kHsmKeyRefused;
}

}  // namespace

struct RevocationRunner::Run {
  LeasedRevocation leased;
  std::shared_ptr<const UsableAccount> account;
  std::optional<IntentId> intent;
  std::optional<Fact> fact;
};

RevocationRunner::RevocationRunner(RunnerDeps deps, RevocationQueue& queue, LeaseOptions options)
    : deps_(deps), queue_(queue), options_(std::move(options)) {}

Result<std::optional<milliseconds>> RevocationRunner::LeaseDue() {
  const int room = options_.max_in_flight - in_flight_;
  if (room <= 0) return std::optional<milliseconds>();
  ASSIGN_OR_RETURN(
      LeasedRevocations leased,
      queue_.LeaseRevocations({.owner = options_.owner, .limit = room, .lease = options_.lease}));
  for (LeasedRevocation& revocation : leased.revocations) {
    ++in_flight_;
    auto run = std::make_shared<Run>();
    run->leased = std::move(revocation);
    deps_.workers.Post([this, run] { Begin(run); });
  }
  return leased.next_due_in;
}

void RevocationRunner::Begin(const RunPtr& run) {
  auto account = deps_.accounts.Get(run->leased.account);
  if (!account) {
    Conclude(run, std::move(account).error());
    return;
  }
  run->account = *std::move(account);
  auto chain = pki::ParsePemChain(run->leased.chain_pem);
  if (!chain) {
    Conclude(run, Error(Reason::kInternal,
                        "the stored certificate cannot be read: " + chain.error().detail()));
    return;
  }
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kRevokeCertificate;
  call.target = acme::Endpoint::kRevokeCert;
  call.payload = acme::RevokePayload(chain->front().der(), run->leased.revocation.reason);
  call.account_url = run->account->account.account_url;
  call.subject = "revocations/" + run->leased.revocation.id.ToString();
  call.agent = run->leased.revocation.requested_by.ToString();
  call.before_send = [this, run = run.get()](const Intent& intent) -> Result<void> {
    ASSIGN_OR_RETURN(run->intent,
                     queue_.RecordIntent(run->leased.revocation.id, run->leased.fence, intent));
    run->fact.reset();
    return {};
  };
  call.on_answer = [run = run.get()](const HttpResponse& response) {
    run->fact = Fact{response.status, "", response.body};
  };
  run->account->issuer.client.Send(std::move(call), *run->account->signer,
                                   [this, run](Result<acme::Answer> answer) {
                                     if (answer) {
                                       Conclude(run, {});
                                     } else {
                                       Conclude(run, std::move(answer).error());
                                     }
                                   });
}

void RevocationRunner::Conclude(const RunPtr& run, const Result<void>& outcome) {
  const LeasedRevocation& leased = run->leased;
  RevocationCommit commit{.id = leased.revocation.id,
                          .fence = leased.fence,
                          .state = RevocationState::kRevoked,
                          .failure = std::nullopt,
                          .failures = 0,
                          .settles = std::nullopt,
                          .due_in = milliseconds{0}};
  if (run->intent) commit.settles = Settlement{*run->intent, run->fact};
  if (!outcome && outcome.error().reason() != Reason::kCaAlreadyRevoked) {
    const Error& error = outcome.error();
    commit.failure = error;
    commit.failures = leased.failures + 1;
    const bool other_key =
        run->account && deps_.accounts.StandingOf(*run->account, error) != KeyStanding::kSame;
    commit.state =
        other_key || MayPass(error) ? RevocationState::kRequested : RevocationState::kFailed;
    commit.due_in = Backoff(leased.failures, kRevocationBackoff, deps_.random);
    if (error.retry_after())
      commit.due_in = std::max<milliseconds>(commit.due_in, *error.retry_after());
  }
  const bool asked_before = leased.failures > 0 || leased.open_intent.has_value();
  if (!outcome && commit.state == RevocationState::kRevoked && !asked_before) {
    // Somebody else had it revoked, for a reason of theirs: what is on record here is only what was
    // asked for.
    commit.failure =
        Error(Reason::kCaAlreadyRevoked,
              "the CA had revoked it before it was asked, and keeps the reason of then");
  }
  const bool again = commit.state == RevocationState::kRequested;
  deps_.log.Info("revocation", {{"revocation", leased.revocation.id.ToString()},
                                {"state", std::string(ToString(commit.state))},
                                {"error", commit.failure ? commit.failure->ToString() : ""}});
  if (auto committed = queue_.Commit(commit); !committed) {
    deps_.log.Warning("commit_failed", {{"revocation", leased.revocation.id.ToString()},
                                        {"error", committed.error().ToString()}});
  }
  Ended(again ? commit.due_in : milliseconds{0});
}

void RevocationRunner::Ended(milliseconds due_in) {
  --in_flight_;
  if (notify_due_) notify_due_(due_in);
}

}  // namespace certbroker::engine
