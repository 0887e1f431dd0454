// keystore/qualification.h: tries out a token that nobody here has seen, and says what certbroker
// can do with it.
//
// It makes keys of its own in the token, uses them in every way that the service will, and removes
// them. Nothing of the service's recovery is in between, which would hide what is looked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "keystore/key_kind.h"
#include "keystore/pin_source.h"
#include "keystore/token_facts.h"

namespace certbroker::keystore {

enum class Verdict { kWorks, kLimited, kFails, kFact };
std::string_view ToString(Verdict verdict);  // "works", "limited", "fails", "fact"

// What one step came to. Printable.
struct Finding {
  std::string step;  // "generate ES256": stable, for scripts
  Verdict verdict = Verdict::kFact;
  std::string seen;
  std::string meaning = {};  // what that means for certbroker; may be empty
};

struct QualificationOptions {
  std::string module;
  std::string init_args;
  std::string token_label;
  PinSource pin_file;
  // How many sessions are opened at once. The service's keystore.sessions is what to try.
  std::size_t sessions = 32;
  // How long each algorithm's throughput is measured, once in one session and once in several.
  std::chrono::milliseconds measured{500};
};

struct QualificationWatch {
  std::function<void(const Finding&)> found = [](const Finding&) {};  // as they come up
  // Asked between steps; true: only the clean-up follows.
  std::function<bool()> stop = [] { return false; };
};

struct QualificationReport {
  TokenFacts token = {};
  std::vector<Finding> findings = {};
  std::vector<KeyKind> algorithms = {};  // whose signatures verified
  bool sessions_suffice = false;         // one for the login and one to sign in
  bool makes_keys = false;               // with our template; otherwise keys can be adopted
  bool clean = true;                     // nothing that it made is left in the token
  bool interrupted = false;

  bool CanRun() const { return sessions_suffice && !algorithms.empty() && !interrupted; }
};

// What every object that a qualification makes is labelled with, followed by its algorithm.
inline constexpr std::string_view kTrialLabel = "certbroker-qualify-";

// Blocks, on the calling thread and some of its own, for seconds to minutes. Nobody else may use
// the module in this process, and no other qualification may run on the token: it removes what an
// earlier one that was killed has left.
//
// A PIN that the token refuses is offered once; one that the token says to be the last try, never.
// Errors: kConfigInvalid (module, PIN file) · kHsmPinRefused · kHsmUnavailable (no such token, or
// not even the login works). Everything after the login is a finding.
Result<QualificationReport> Qualify(const QualificationOptions& options,
                                    const QualificationWatch& watch);

}  // namespace certbroker::keystore
