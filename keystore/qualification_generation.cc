#include <algorithm>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/key_attributes.h"
#include "keystore/key_examination.h"
#include "keystore/key_pair.h"
#include "keystore/qualification_steps.h"
#include "keystore/trial_session.h"

namespace certbroker::keystore {
namespace {

constexpr std::string_view kAdopt =
    "keys have to come from elsewhere: provision with rights to write, or make them with the HSM's "
    "own tool and adopt them (certbroker keystore check --key LABEL, accounts create --key-uri)";

std::string StepOf(std::string_view what, KeyKind kind) {
  return fmt::format("{} {}", what, ToString(kind));
}

std::string MeaningOfNoKey(CK_RV rv) {
  const bool for_good = rv == CKR_MECHANISM_INVALID || rv == CKR_CURVE_NOT_SUPPORTED ||
                        rv == CKR_KEY_SIZE_RANGE || rv == CKR_DOMAIN_PARAMS_INVALID ||
                        rv == CKR_ATTRIBUTE_VALUE_INVALID;
  return for_good ? "use another algorithm (certbroker keystore provision --algorithm)"
                  : std::string(kAdopt);
}

void NoteMade(Trial& trial, KeyKind kind, const MadeKeyPair& made) {
  trial.report.makes_keys = true;
  if (made.refused_usage == CKR_OK) {
    trial.Note(StepOf("generate", kind), Verdict::kWorks, "with the whole template");
    return;
  }
  trial.Note(StepOf("generate", kind), Verdict::kLimited,
             fmt::format("only without CKA_DECRYPT=false and CKA_UNWRAP=false, which it answers "
                         "with {}",
                         CkrName(made.refused_usage)),
             "provisioning does the same by itself; what else the key may do is the token's "
             "default, see its attributes");
}

// Worth a limit: everything that is warned about, but what PKCS#11 says to be the default.
bool IsLimit(const KeyAttribute& row) { return !row.remark.empty() && row.name != "CKA_COPYABLE"; }

void NoteAttributes(Trial& trial, KeyKind kind, const std::vector<KeyAttribute>& table) {
  const std::string step = StepOf("attributes", kind);
  const std::string wrong = Complaints(table);
  if (!wrong.empty()) {
    trial.Note(step, Verdict::kFails, wrong,
               "certbroker refuses such keys: the token does not vouch that they cannot leave");
    return;
  }
  const auto limit = std::ranges::any_of(table, IsLimit);
  trial.Note(step, limit ? Verdict::kLimited : Verdict::kWorks,
             "private, sensitive, never extractable; the private value cannot be read",
             Remarks(table));
}

Result<ExaminedKey> ExamineMade(Trial& trial, const Bytes& id) {
  const TrialSession session(trial.bench());
  ASSIGN_OR_RETURN(const KeyIndex index, KeyIndex::Build(trial.functions(), session.handle()));
  const auto found = std::ranges::find(index.keys(), id, &KeyEntry::id);
  if (found == index.keys().end()) {
    return Error(Reason::kHsmKeyRefused,
                 "the key that was just made is not found by the CKA_ID that it was given");
  }
  return Examine(trial.functions(), session.handle(), *found, trial.proofs());
}

void TakeUp(Trial& trial, KeyKind kind, const ExaminedKey& key) {
  if (!key.attributes.empty()) NoteAttributes(trial, kind, key.attributes);
  if (!key.public_key || key.public_key->kind() != kind) {
    trial.Note(StepOf("public half", kind), Verdict::kFails,
               key.public_key ? fmt::format("it is one for {}", ToString(key.public_key->kind()))
               : key.refusal  ? key.refusal->detail()
                              : "none",
               "certbroker cannot use such keys: it pins each one by its public half");
    return;
  }
  if (Complaints(key.attributes).empty()) trial.keys.push_back({*key.public_key, key.entry});
}

void TryKind(Trial& trial, KeyKind kind) {
  const std::string step = StepOf("generate", kind);
  CK_FUNCTION_LIST& functions = trial.functions();
  const CK_SESSION_HANDLE session = trial.bench().session();
  auto id = RandomKeyId(functions, session);
  if (!id) {
    trial.Note(step, Verdict::kFails, id.error().detail(), std::string(kAdopt));
    return;
  }
  trial.made.push_back(*id);
  const MadeKeyPair made = MakeKeyPair(
      functions, session, {kind, *id, fmt::format("{}{}", kTrialLabel, ToString(kind))});
  if (made.rv != CKR_OK) {
    trial.Note(step, Verdict::kFails,
               fmt::format("C_GenerateKeyPair answered {}", CkrName(made.rv)),
               MeaningOfNoKey(made.rv));
    return;
  }
  NoteMade(trial, kind, made);
  if (auto key = ExamineMade(trial, *id)) {
    TakeUp(trial, kind, *key);
  } else {
    trial.Note(StepOf("read back", kind), Verdict::kFails, key.error().detail(),
               "certbroker names keys by CKA_ID and reads every one back; it cannot use this kind");
  }
}

}  // namespace

void TryGeneration(Trial& trial) {
  if (trial.bench().writing_session() != CKR_OK) {
    trial.Note("generate", Verdict::kFails,
               fmt::format("the token is read-only for us: C_OpenSession (to write) answered {}",
                           CkrName(trial.bench().writing_session())),
               std::string(kAdopt));
    return;
  }
  for (const KeyKind kind : kAllKeyKinds) {
    if (trial.Stopped()) return;
    TryKind(trial, kind);
  }
}

}  // namespace certbroker::keystore
