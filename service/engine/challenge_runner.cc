#include "service/engine/challenge_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/challenge_digest.h"
#include "acme/key_authorization.h"
#include "core/backoff.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kPutUpAgain{milliseconds{1'000}, milliseconds{30'000}};
constexpr int kPutUpTries = 5;
constexpr BackoffLimits kTakeDownAgain{milliseconds{5'000}, milliseconds{600'000}};
// Some two days. Longer would be for ever: the record's zone, or the solver's rights, are gone.
constexpr int kTakeDownTries = 300;

ChallengeCommit CommitOf(const LeasedChallenge& leased, Presentation presentation) {
  ChallengeCommit commit;
  commit.key = leased.key;
  commit.fence = leased.fence;
  commit.presentation = presentation;
  return commit;
}

ChallengeCommit Failed(const LeasedChallenge& leased, std::string why) {
  ChallengeCommit commit = CommitOf(leased, Presentation::kFailed);
  commit.error = std::move(why);
  return commit;
}

}  // namespace

ChallengeRunner::ChallengeRunner(Deps deps, LeaseOptions options)
    : deps_(deps), options_(std::move(options)) {}

Result<std::optional<milliseconds>> ChallengeRunner::LeaseDue() {
  const int room = options_.max_in_flight - in_flight_;
  if (room <= 0) return std::optional<milliseconds>();
  ASSIGN_OR_RETURN(
      LeasedChallenges leased,
      deps_.queue.LeaseChallenges({.owner = options_.owner, .limit = room, .lease = Lease()}));
  for (LeasedChallenge& challenge : leased.challenges) {
    ++in_flight_;
    deps_.threads.Post([this, challenge = std::move(challenge), since = deps_.clock.Tick()] {
      if (deps_.clock.Tick() - since < options_.lease) {
        Run(challenge);
      } else {
        GiveUp();  // it waited for a thread for too long: somebody else may be at it
      }
    });
  }
  return leased.next_due_in;
}

void ChallengeRunner::Run(const LeasedChallenge& leased) {
  const ChallengeCommit commit = Act(leased);
  LogOutcome(leased, commit);
  // A lost lease or database: the row still says what is wanted, and somebody acts upon it.
  if (auto committed = deps_.queue.CommitChallenge(commit); !committed) {
    deps_.log.Warning("commit_failed", {{"order", leased.key.order.ToString()},
                                        {"error", committed.error().ToString()}});
  }
  --in_flight_;
  if (notify_due_) notify_due_(commit.due_in);
}

void ChallengeRunner::GiveUp() {
  --in_flight_;
  if (notify_due_) notify_due_(milliseconds{0});
}

ChallengeCommit ChallengeRunner::Act(const LeasedChallenge& leased) {
  const bool unwanted = leased.presentation == Presentation::kUnwanted;
  const auto configured = deps_.solvers.find(leased.solver);
  if (configured == deps_.solvers.end()) {
    // The responder and persistent records have put nothing up. Of a solver that is gone from the
    // configuration, nobody can take anything down.
    if (unwanted) return CommitOf(leased, Presentation::kRemoved);
    return Failed(leased, fmt::format("solver \"{}\" is not configured any more", leased.solver));
  }
  if (unwanted) return TakeDown(leased, configured->second);
  if (leased.presentation == Presentation::kSpreading) return Look(leased, configured->second);
  return PutUp(leased, configured->second);
}

ChallengeCommit ChallengeRunner::PutUp(const LeasedChallenge& leased,
                                       const ConfiguredSolver& configured) {
  if (auto ours = RequireOurs(leased); !ours) return TryAgain(leased, ours.error());
  const auto challenge = ChallengeOf(leased);
  if (!challenge) return Failed(leased, challenge.error().ToString());
  if (auto present = configured.solver.Present(*challenge, deps_.clock.Tick() + configured.limit);
      !present) {
    return TryAgain(leased, present.error());
  }
  if (configured.options.propagation == PropagationMode::kOff)
    return CommitOf(leased, Presentation::kServing);
  return Look(leased, configured);
}

ChallengeCommit ChallengeRunner::Look(const LeasedChallenge& leased,
                                      const ConfiguredSolver& configured) {
  const auto challenge = ChallengeOf(leased);
  if (!challenge) return Failed(leased, challenge.error().ToString());
  const auto seen =
      configured.solver.CheckPropagation(*challenge, deps_.clock.Tick() + configured.limit);
  if (seen && seen->state == Propagation::State::kVisible)
    return CommitOf(leased, Presentation::kServing);

  const std::string why = seen ? seen->detail : seen.error().ToString();
  if (leased.spread_until && deps_.clock.Now() >= *leased.spread_until) {
    if (configured.options.propagation == PropagationMode::kRequire) {
      return Failed(leased,
                    fmt::format("the record {} cannot be seen everywhere after {} s: {}",
                                challenge->record_name,
                                configured.options.propagation_timeout.count() / 1000, why));
    }
    ChallengeCommit commit = CommitOf(leased, Presentation::kServing);
    commit.error = why;
    return commit;
  }
  ChallengeCommit commit = CommitOf(leased, Presentation::kSpreading);
  commit.error = why;
  commit.spread_for = configured.options.propagation_timeout;
  commit.due_in = configured.options.propagation_interval;
  return commit;
}

ChallengeCommit ChallengeRunner::TakeDown(const LeasedChallenge& leased,
                                          const ConfiguredSolver& configured) {
  const auto challenge = ChallengeOf(leased);
  const Result<void> gone =
      challenge ? configured.solver.CleanUp(*challenge, deps_.clock.Tick() + configured.limit)
                : Result<void>(challenge.error());
  ChallengeCommit commit = CommitOf(leased, Presentation::kRemoved);
  if (gone) return commit;
  commit.error = gone.error().ToString();
  commit.failures = leased.failures + 1;
  if (commit.failures < kTakeDownTries) {
    commit.presentation = Presentation::kUnwanted;
    commit.due_in = Backoff(leased.failures, kTakeDownAgain, deps_.random);
  }
  return commit;
}

ChallengeCommit ChallengeRunner::TryAgain(const LeasedChallenge& leased, const Error& error) {
  if (error.retry() == Retry::kNever || leased.failures + 1 >= kPutUpTries)
    return Failed(leased, error.ToString());
  ChallengeCommit commit = CommitOf(leased, Presentation::kWanted);
  commit.error = error.ToString();
  commit.failures = leased.failures + 1;
  commit.due_in = Backoff(leased.failures, kPutUpAgain, deps_.random);
  return commit;
}

// Whoever can write to the database must not be able to prove names for a key of his own.
Result<void> ChallengeRunner::RequireOurs(const LeasedChallenge& leased) {
  ASSIGN_OR_RETURN(const auto account, deps_.accounts.Get(leased.account));
  const std::string thumbprint = acme::Thumbprint(account->signer->public_key());
  if (leased.key_authorization == fmt::format("{}.{}", leased.token, thumbprint)) return {};
  return Error(Reason::kInternal, "the challenge is for a key that is not our account's");
}

Result<DnsChallenge> ChallengeRunner::ChallengeOf(const LeasedChallenge& leased) {
  std::string label(acme::Dns01Label());
  if (leased.type == ChallengeType::kDnsAccount01) {
    ASSIGN_OR_RETURN(const auto account, deps_.accounts.Get(leased.account));
    label = acme::DnsAccount01Label(account->account.account_url);
  }
  DnsChallenge challenge;
  challenge.record_name = label + "." + leased.name;
  challenge.value = acme::ChallengeTxtValue(leased.key_authorization);
  challenge.domain = leased.name;
  challenge.token = leased.token;
  challenge.key_authorization = leased.key_authorization;
  return challenge;
}

milliseconds ChallengeRunner::Lease() const {
  milliseconds longest{0};
  for (const auto& [name, configured] : deps_.solvers)
    longest = std::max(longest, configured.limit);
  return options_.lease + 2 * longest;  // PutUp acts, and looks
}

void ChallengeRunner::LogOutcome(const LeasedChallenge& leased,
                                 const ChallengeCommit& commit) const {
  if (commit.presentation == leased.presentation && commit.error.empty()) return;
  const std::vector<LogField> fields = {
      {"order", leased.key.order.ToString()},
      {"name", leased.name},
      {"solver", leased.solver},
      {"challenge", std::string(ToString(leased.type))},
      {"presentation", std::string(ToString(commit.presentation))},
      {"error", commit.error}};
  if (commit.error.empty() || commit.presentation == Presentation::kSpreading) {
    deps_.log.Info("challenge", fields);
  } else {
    deps_.log.Warning("challenge", fields);
  }
}

}  // namespace certbroker::engine
