// tests/fakes/scripted_ca/question.h: what validation is to find out, and what it found.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/time.h"
#include "tests/fakes/scripted_ca/identifier.h"

namespace certbroker::scripted_ca {

struct Question {
  std::string type;       // "http-01"
  Identifier identifier;  // without "*."
  bool wildcard = false;
  std::string token;
  std::string key_authorization;
  std::string account_url;
  Time asked;
};

// Nothing: proven.
using Verdict = std::optional<Problem>;

Bytes Sha256Of(std::string_view text);
// Of the key authorization: what DNS records and TLS certificates show (RFC 8555 §8.4, RFC 8737
// §3).
Bytes DigestOf(const Question& question);

}  // namespace certbroker::scripted_ca
