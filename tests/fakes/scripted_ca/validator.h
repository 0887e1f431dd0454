// tests/fakes/scripted_ca/validator.h: looks whether a challenge is answered (RFC 8555 §8.3).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/executor.h"
#include "core/unique_function.h"
#include "tests/fakes/scripted_ca/identifier.h"
#include "tests/fakes/scripted_ca/options.h"

namespace certbroker::scripted_ca {

struct Question {
  std::string type;  // "http-01"
  Identifier identifier;
  std::string token;
  std::string key_authorization;
};

// Nothing: proven.
using Verdict = std::optional<Problem>;

// Thread-safe.
class Validator {
 public:
  explicit Validator(const Options& options);

  // The verdict, where it needs no look.
  std::optional<Verdict> AtOnce(const Question& question) const;
  // `done` runs on a thread of the validator's. The destructor waits for what is under way.
  void Look(Question question, UniqueFunction<void(Verdict)> done);

 private:
  Verdict Fetch(const Question& question) const;

  const Validation mode_;
  const std::uint16_t http_port_;
  const std::string address_;
  std::unique_ptr<Executor> lookers_;  // last: its tasks use the rest
};

}  // namespace certbroker::scripted_ca
