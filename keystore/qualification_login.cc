#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "core/random.h"
#include "keystore/ckr.h"
#include "keystore/qualification_steps.h"
#include "keystore/raw_sign.h"
#include "keystore/trial_session.h"

namespace certbroker::keystore {
namespace {

// The keys of the trial under the handles that they have now. Why one of them is not there, or is
// another one.
std::optional<Error> FindAgain(Trial& trial) {
  const TrialSession session(trial.bench());
  const auto index = KeyIndex::Build(trial.functions(), session.handle());
  if (!index) return index.error();
  for (TrialKey& key : trial.keys) {
    const auto found = std::ranges::find(index->keys(), key.entry.id, &KeyEntry::id);
    if (found == index->keys().end()) {
      return Error(Reason::kHsmKeyMissing, fmt::format("the key '{}' is gone", key.entry.label));
    }
    key.entry = *found;
    if (auto problem = SignatureProblem(trial.functions(), session.handle(), key)) return problem;
  }
  return std::nullopt;
}

// Which key of the trial answers to a handle of the login before.
std::string NowBehind(Trial& trial, const TrialKey& old) {
  const TrialSession session(trial.bench());
  Bytes challenge(DigestOctets(old.public_key.kind()));
  SystemRandom().Fill(challenge);
  const RawSignature signature = SignDigest(
      trial.functions(), session.handle(), old.entry.private_key, old.public_key.kind(), challenge);
  if (signature.rv != CKR_OK) return "nothing that signs";
  if (old.public_key.Verifies(challenge, signature.octets)) return "the same key";
  return "ANOTHER KEY, without an error";
}

void NoteHandles(Trial& trial, const std::vector<TrialKey>& before) {
  std::string seen;
  for (const TrialKey& old : before) {
    seen += fmt::format("{}the old handle of {} now names {}", seen.empty() ? "" : "; ",
                        ToString(old.public_key.kind()), NowBehind(trial, old));
  }
  trial.Note("old handles", Verdict::kFact, seen,
             "certbroker uses no handle of an earlier login, and proves each key again");
}

}  // namespace

void TrySecondLogin(Trial& trial) {
  trial.bench().Leave();
  const auto again = trial.bench().LogIn();
  const std::optional<Error> problem = again ? FindAgain(trial) : std::optional(again.error());
  if (!problem) {
    trial.Note("second login", Verdict::kWorks, "without starting the module over; the keys sign");
    return;
  }
  trial.bench().Leave();
  trial.Note("second login", Verdict::kLimited, problem->detail(),
             "certbroker starts the module over instead, whenever a login is lost");
}

void TryStartingOver(Trial& trial) {
  const std::vector<TrialKey> before = trial.keys;
  const auto start = std::chrono::steady_clock::now();
  const auto over = trial.bench().StartOver();
  const std::optional<Error> problem = over ? FindAgain(trial) : std::optional(over.error());
  if (problem) {
    trial.Note("starting over", Verdict::kFails, problem->detail(),
               "after a loss of the token certbroker would need a restart");
    return;
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  trial.Note("starting over", Verdict::kWorks,
             fmt::format("C_Finalize, C_Initialize, login, the keys found again and proven: {:.0f} "
                         "ms",
                         took.count()));
  if (!before.empty()) NoteHandles(trial, before);
}

}  // namespace certbroker::keystore
