// tests/fakes/scripted_ca/validator.h: looks whether a challenge is answered (RFC 8555 §8).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/unique_function.h"
#include "tests/fakes/scripted_ca/options.h"
#include "tests/fakes/scripted_ca/question.h"

namespace certbroker::scripted_ca {

// Thread-safe.
class Validator {
 public:
  explicit Validator(const Options& options);

  // The verdict, where it needs no look.
  std::optional<Verdict> AtOnce(const Question& question) const;
  // `done` runs on a thread of the validator's. The destructor waits for what is under way.
  void Look(Question question, UniqueFunction<void(Verdict)> done);

 private:
  Verdict LookAt(const Question& question) const;

  const Validation mode_;
  const std::uint16_t http_port_;
  const std::uint16_t tls_port_;
  const std::string address_;
  const TxtLookup txt_lookup_;  // empty: dns-… cannot be looked at
  const std::vector<std::string> issuers_;
  std::unique_ptr<Executor> lookers_;  // last: its tasks use the rest
};

}  // namespace certbroker::scripted_ca
