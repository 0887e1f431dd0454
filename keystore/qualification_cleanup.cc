#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/key_pair.h"
#include "keystore/qualification_steps.h"
#include "keystore/trial_session.h"
#include "keystore/writing_session.h"

namespace certbroker::keystore {
namespace {

// A CKA_ID of ours; a shorter one may be anybody's, whatever the label says.
constexpr std::size_t kTrialIdOctets = 16;

// The ids of everything that a qualification made and that is still there.
Result<std::set<Bytes>> StillThere(Trial& trial) {
  const TrialSession session(trial.bench());
  ASSIGN_OR_RETURN(const KeyIndex index, KeyIndex::Build(trial.functions(), session.handle()));
  std::set<Bytes> ids;
  for (const auto* list : {&index.keys(), &index.orphans()}) {
    for (const KeyEntry& entry : *list) {
      const bool made_now = std::ranges::find(trial.made, entry.id) != trial.made.end();
      const bool labelled =
          entry.label.starts_with(kTrialLabel) && entry.id.size() == kTrialIdOctets;
      if (made_now || labelled) ids.insert(entry.id);
    }
  }
  return ids;
}

// The first answer that is not CKR_OK.
CK_RV DestroyThem(Trial& trial, const std::set<Bytes>& ids) {
  const WritingSession own(trial.functions(), trial.bench().slot());
  const CK_SESSION_HANDLE session = own.rv() == CKR_OK ? own.handle() : trial.bench().session();
  CK_RV first = CKR_OK;
  for (const Bytes& id : ids) {
    const CK_RV rv = DestroyById(trial.functions(), session, id);
    if (first == CKR_OK) first = rv;
  }
  return first;
}

std::string ListOfIds(const std::set<Bytes>& ids) {
  std::string list;
  for (const Bytes& id : ids) list += (list.empty() ? "" : ", ") + Hex(id);
  return list;
}

std::string CountOfPairs(std::size_t count) {
  return fmt::format("{} key pair{}", count, count == 1 ? "" : "s");
}

struct Removal {
  std::size_t found = 0;
  std::string problem;  // empty: nothing is left
};

Removal RemoveAll(Trial& trial) {
  const auto before = StillThere(trial);
  if (!before) return {0, before.error().detail()};
  if (before->empty()) return {};
  const CK_RV rv = DestroyThem(trial, *before);
  const auto after = StillThere(trial);
  if (!after) return {before->size(), after.error().detail()};
  if (after->empty()) return {before->size(), ""};
  return {before->size(), fmt::format("{} could not be removed ({}), CKA_ID {}",
                                      CountOfPairs(after->size()), CkrName(rv), ListOfIds(*after))};
}

constexpr std::string_view kByHand =
    "remove what is labelled certbroker-qualify-… by hand (pkcs11-tool --delete-object), or run "
    "this again when the token works";

}  // namespace

void RemoveLeftOvers(Trial& trial) {
  const Removal removal = RemoveAll(trial);
  trial.report.clean = removal.problem.empty();
  if (!removal.problem.empty()) {
    trial.Note("left-overs", Verdict::kLimited, removal.problem, std::string(kByHand));
  } else if (removal.found > 0) {
    trial.Note("left-overs", Verdict::kFact,
               fmt::format("removed {} that an earlier qualification had left",
                           CountOfPairs(removal.found)));
  }
}

void RemoveTrialKeys(Trial& trial) {
  if (trial.made.empty()) return;
  Result<void> logged_in;
  if (!trial.bench().logged_in()) logged_in = trial.bench().StartOver();
  const Removal removal = logged_in ? RemoveAll(trial) : Removal{0, logged_in.error().detail()};
  trial.report.clean = removal.problem.empty();
  if (removal.problem.empty()) {
    trial.Note("clean-up", Verdict::kWorks,
               fmt::format("removed {}; nothing of this qualification is left",
                           CountOfPairs(removal.found)));
  } else {
    trial.Note("clean-up", Verdict::kFails, removal.problem, std::string(kByHand));
  }
}

}  // namespace certbroker::keystore
