#include "keystore/qualification.h"

#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "keystore/pkcs11_module.h"
#include "keystore/qualification_run.h"
#include "keystore/qualification_steps.h"

namespace certbroker::keystore {
namespace {

using Step = void (*)(Trial&);

// The order matters: each uses what those before it found.
constexpr Step kSteps[] = {CheckSecondSession, RemoveLeftOvers, TryGeneration,
                           LookForOtherKeys,   TrySignatures,   TryParallelSessions,
                           TrySecondLogin,     TryStartingOver, MeasureThroughput};

Result<void> CheckPinTries(const TokenFacts& token) {
  if (!token.user_pin_locked && !token.user_pin_final_try) return {};
  return Error(
      Reason::kHsmPinRefused,
      fmt::format("token '{}' {}; log in once by hand with the right PIN (pkcs11-tool "
                  "--login --test), or have its security officer unlock it",
                  Printable(token.label),
                  token.user_pin_locked ? "is locked after too many wrong PINs"
                                        : "has one PIN try left, which is not spent here"));
}

}  // namespace

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWorks:
      return "works";
    case Verdict::kLimited:
      return "limited";
    case Verdict::kFails:
      return "fails";
    case Verdict::kFact:
      return "fact";
  }
  CERTBROKER_CHECK(false);
}

Result<QualificationReport> QualifyToken(TokenBench& bench, const TrialPlan& plan,
                                         const QualificationWatch& watch) {
  Trial trial(bench, plan, watch);
  DescribeModule(trial);
  DescribeMechanisms(trial);
  RETURN_IF_ERROR(bench.LogIn());
  for (const Step step : kSteps) {
    if (trial.Stopped()) break;
    step(trial);
  }
  RemoveTrialKeys(trial);
  for (const TrialKey& key : trial.keys) trial.report.algorithms.push_back(key.public_key.kind());
  return std::move(trial.report);
}

Result<QualificationReport> Qualify(const QualificationOptions& options,
                                    const QualificationWatch& watch) {
  // Before the module is touched.
  ASSIGN_OR_RETURN(Secret pin, options.pin_file.Read());
  ASSIGN_OR_RETURN(const auto module, Pkcs11Module::Load(options.module, options.init_args));
  RETURN_IF_ERROR(module->Initialize());
  const TokenSelector selector{options.token_label, ""};
  ASSIGN_OR_RETURN(const FoundToken token, module->FindToken(selector));
  RETURN_IF_ERROR(CheckPinTries(token.facts));
  const auto restart = [&]() -> Result<CK_SLOT_ID> {
    module->Finalize();
    RETURN_IF_ERROR(module->Initialize());
    ASSIGN_OR_RETURN(const FoundToken found, module->FindToken(selector));
    return found.slot;
  };
  TokenBench bench(module->functions(), token.slot, std::move(pin), restart);
  ASSIGN_OR_RETURN(QualificationReport report,
                   QualifyToken(bench, {options.sessions, options.measured}, watch));
  report.token = token.facts;
  return report;
}

}  // namespace certbroker::keystore
