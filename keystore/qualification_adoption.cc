#include <algorithm>

#include <fmt/format.h>

#include "keystore/key_attributes.h"
#include "keystore/key_examination.h"
#include "keystore/qualification_steps.h"
#include "keystore/trial_session.h"

namespace certbroker::keystore {
namespace {

// Attributes take a dozen calls per key; who has more keys than this sees enough in these.
constexpr std::size_t kMostLookedAt = 64;

struct OtherKeys {
  std::vector<KeyEntry> usable;
  std::size_t seen = 0;
  std::string refused;  // the first that may not be used, and why
};

bool IsOurs(const Trial& trial, const KeyEntry& entry) {
  return std::ranges::find(trial.made, entry.id) != trial.made.end();
}

// By attributes only: other people's keys are not made to sign.
Result<OtherKeys> LookAt(Trial& trial, CK_SESSION_HANDLE session) {
  ASSIGN_OR_RETURN(const KeyIndex index, KeyIndex::Build(trial.functions(), session));
  OtherKeys others;
  for (const KeyEntry& entry : index.keys()) {
    if (IsOurs(trial, entry) || others.seen++ >= kMostLookedAt) continue;
    ASSIGN_OR_RETURN(const auto table, ReadKeyAttributes(trial.functions(), session,
                                                         entry.private_key, entry.public_key));
    const std::string wrong = Complaints(table);
    if (wrong.empty() && !entry.ambiguous) {
      others.usable.push_back(entry);
    } else if (others.refused.empty()) {
      others.refused = fmt::format("'{}' may not: {}", entry.label,
                                   wrong.empty() ? "its CKA_ID is used twice" : wrong);
    }
  }
  return others;
}

bool HasKind(const Trial& trial, KeyKind kind) {
  return std::ranges::any_of(trial.keys,
                             [kind](const TrialKey& key) { return key.public_key.kind() == kind; });
}

void GoOnWith(Trial& trial, CK_SESSION_HANDLE session, const std::vector<KeyEntry>& entries) {
  for (const KeyEntry& entry : entries) {
    const auto key = Examine(trial.functions(), session, entry, trial.proofs());
    if (!key || key->refusal || HasKind(trial, key->public_key->kind())) continue;
    trial.Note(fmt::format("adopt {}", ToString(key->public_key->kind())), Verdict::kWorks,
               fmt::format("the key '{}' is as it must be and signs; the trial goes on with it",
                           entry.label),
               "an account can be created with it (certbroker accounts create --key-uri)");
    trial.keys.push_back({*key->public_key, entry});
  }
}

}  // namespace

void LookForOtherKeys(Trial& trial) {
  const TrialSession session(trial.bench());
  const auto others = LookAt(trial, session.handle());
  if (!others) {
    trial.Note("other keys", Verdict::kLimited, others.error().detail(),
               "what is in the token already could not be looked at");
    return;
  }
  trial.Note("other keys", Verdict::kFact,
             others->seen == 0
                 ? "the token has no private key of anybody else's"
                 : fmt::format("{} private key{} of others, {} of them could be adopted; {}",
                               others->seen, others->seen == 1 ? "" : "s", others->usable.size(),
                               others->refused.empty() ? "none is refused" : others->refused));
  if (trial.keys.empty()) GoOnWith(trial, session.handle(), others->usable);
}

}  // namespace certbroker::keystore
