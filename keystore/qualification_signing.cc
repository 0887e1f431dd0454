#include <atomic>
#include <deque>
#include <thread>

#include <fmt/format.h>

#include "core/mutex.h"
#include "keystore/ckr.h"
#include "keystore/qualification_steps.h"
#include "keystore/raw_sign.h"
#include "keystore/trial_session.h"

namespace certbroker::keystore {
namespace {

constexpr int kSignatures = 20;
constexpr int kSignaturesPerThread = 25;
constexpr std::size_t kThreads = 8;

using Sessions = std::deque<TrialSession>;

// As many as the token gives, up to `limit`; CKR_OK: it would give more.
CK_RV OpenUpTo(std::size_t limit, TokenBench& bench, Sessions& sessions) {
  while (sessions.size() < limit) {
    sessions.emplace_back(bench);
    if (sessions.back().own()) continue;
    const CK_RV rv = sessions.back().rv();
    sessions.pop_back();
    return rv;
  }
  return CKR_OK;
}

// Runs `work` once per session, each in a thread of its own.
template <class Work>
void InThreads(const Sessions& sessions, std::size_t count, const Work& work) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&work, session = sessions[i].handle()] { work(session); });
  }
}

// Signatures per second, not verified.
double Rate(Trial& trial, const TrialKey& key, const Sessions& sessions, std::size_t count) {
  const KeyKind kind = key.public_key.kind();
  const Bytes digest = DigestFor(kind, {});
  std::atomic<std::uint64_t> done = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + trial.plan().measured;
  InThreads(sessions, count, [&](CK_SESSION_HANDLE session) {
    while (std::chrono::steady_clock::now() < end) {
      const RawSignature signature =
          SignDigest(trial.functions(), session, key.entry.private_key, kind, digest);
      if (signature.rv != CKR_OK) return;
      ++done;
    }
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(done) / took.count();
}

struct ParallelOutcome {
  int verified = 0;
  std::string problem;  // the first
};

ParallelOutcome SignAtOnce(Trial& trial, const Sessions& sessions, std::size_t threads) {
  std::atomic<int> verified = 0;
  Mutex mutex;
  std::string problem;
  InThreads(sessions, threads, [&](CK_SESSION_HANDLE session) {
    for (int i = 0; i < kSignaturesPerThread; ++i) {
      const auto why = SignatureProblem(trial.functions(), session, trial.keys.front());
      if (!why) {
        ++verified;
        continue;
      }
      const MutexLock lock(mutex);
      if (problem.empty()) problem = why->detail();
      return;
    }
  });
  return {verified, problem};
}

}  // namespace

std::optional<Error> SignatureProblem(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                      const TrialKey& key) {
  // Its keys are known to nobody, and adopted ones sign random octets only: there is no record.
  const auto unrecorded = [](ByteView) { return Result<void>(); };
  auto proof = ProveKey(functions, session, key.entry.private_key, key.public_key, unrecorded);
  return proof ? std::nullopt : std::optional(std::move(proof).error());
}

void TrySignatures(Trial& trial) {
  std::vector<TrialKey> good;
  for (const TrialKey& key : trial.keys) {
    const TrialSession session(trial.bench());
    std::optional<Error> problem;
    for (int i = 0; i < kSignatures && !problem; ++i) {
      problem = SignatureProblem(trial.functions(), session.handle(), key);
    }
    const std::string step = fmt::format("sign {}", ToString(key.public_key.kind()));
    if (problem) {
      trial.Note(step, Verdict::kFails, problem->detail(), "certbroker cannot use this algorithm");
    } else {
      trial.Note(step, Verdict::kWorks,
                 fmt::format("{} signatures, each verified by OpenSSL", kSignatures));
      good.push_back(key);
    }
  }
  trial.keys = std::move(good);
  if (trial.keys.empty()) {
    trial.Note("sign", Verdict::kFails, "there is no key that signs",
               "certbroker cannot run on it");
  }
}

void TryParallelSessions(Trial& trial) {
  if (!trial.bench().has_second()) return;
  Sessions sessions;
  const CK_RV rv = OpenUpTo(trial.plan().sessions, trial.bench(), sessions);
  trial.parallel = sessions.size();
  trial.Note(
      "sessions at once", rv == CKR_OK ? Verdict::kWorks : Verdict::kLimited,
      fmt::format("{} open besides the two in use{}", trial.parallel,
                  rv == CKR_OK ? ", and no limit met" : fmt::format("; then {}", CkrName(rv))),
      rv == CKR_OK ? "" : "certbroker makes do with what it gets; set keystore.sessions so");
  if (trial.keys.empty() || sessions.empty()) return;
  const std::size_t threads = std::min(kThreads, sessions.size());
  const ParallelOutcome outcome = SignAtOnce(trial, sessions, threads);
  trial.Note(
      "signing at once", outcome.problem.empty() ? Verdict::kWorks : Verdict::kFails,
      fmt::format("{} signatures by {} threads, each verified by OpenSSL{}{}", outcome.verified,
                  threads, outcome.problem.empty() ? "" : "; then: ", outcome.problem),
      outcome.problem.empty() ? "" : "set keystore.sessions = 1 and qualify again");
}

void MeasureThroughput(Trial& trial) {
  if (!trial.bench().logged_in()) return;
  for (const TrialKey& key : trial.keys) {
    if (trial.Stopped()) return;
    Sessions sessions;
    OpenUpTo(std::min(kThreads, trial.plan().sessions), trial.bench(), sessions);
    if (sessions.empty()) return;
    const double alone = Rate(trial, key, sessions, 1);
    const double together = Rate(trial, key, sessions, sessions.size());
    trial.Note(
        fmt::format("throughput {}", ToString(key.public_key.kind())), Verdict::kFact,
        fmt::format("{:.0f} signatures per second in one session, {:.0f} in {} at once", alone,
                    together, sessions.size()),
        alone < 10 ? "an order takes about eight signatures: they are most of its time" : "");
  }
}

}  // namespace certbroker::keystore
