// keystore/qualification_trial.h: what the steps of a qualification share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keystore/key_index.h"
#include "keystore/proof_recorder.h"
#include "keystore/proofs_only_ledger.h"
#include "keystore/public_key.h"
#include "keystore/qualification.h"
#include "keystore/token_bench.h"

namespace certbroker::keystore {

struct TrialKey {
  PublicKey public_key;
  KeyEntry entry;  // its handles are those of the login at which it was found
};

struct TrialPlan {
  std::size_t sessions = 32;
  std::chrono::milliseconds measured{500};
};

// One thread.
class Trial {
 public:
  Trial(TokenBench& bench, TrialPlan plan, const QualificationWatch& watch)
      : bench_(bench), plan_(plan), watch_(watch) {}

  TokenBench& bench() { return bench_; }
  const TrialPlan& plan() const { return plan_; }
  CK_FUNCTION_LIST& functions() const { return bench_.functions(); }
  bool Stopped() {
    report.interrupted = report.interrupted || watch_.stop();
    return report.interrupted;
  }

  // Keeps it and tells it.
  void Note(std::string step, Verdict verdict, std::string seen, std::string meaning = {}) {
    report.findings.push_back(
        {std::move(step), verdict, Printable(seen, 2'000), Printable(meaning, 2'000)});
    watch_.found(report.findings.back());
  }

  // Of a key, before it signs: nothing but random octets is ever signed here.
  ProofRecorder proofs() { return ProofRecorder(ledger_, report.token.label, SteadyTime::max()); }

  QualificationReport report = {};
  std::vector<Bytes> made = {};     // CKA_ID of every pair that was asked for: to be removed
  std::vector<TrialKey> keys = {};  // that signed and verified: at most one per kind
  std::size_t parallel = 0;         // sessions that could be open at once, besides the login's

 private:
  TokenBench& bench_;
  const TrialPlan plan_;
  ProofsOnlyLedger ledger_;
  const QualificationWatch& watch_;
};

// Has a key of the trial sign random octets in that session. Why the signature is no good; nothing:
// OpenSSL verified it.
std::optional<Error> SignatureProblem(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                      const TrialKey& key);

}  // namespace certbroker::keystore
