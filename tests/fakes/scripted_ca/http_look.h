// tests/fakes/scripted_ca/http_look.h: http-01 (RFC 8555 §8.3).
#pragma once

#include <cstdint>
#include <string>

#include "tests/fakes/scripted_ca/question.h"

namespace certbroker::scripted_ca {

// Fetches the key authorization from that port, at `address` whatever the name says, or where DNS
// says when that is empty. "connection", "dns", "unauthorized", "incorrectResponse".
Verdict Fetch(const Question& question, const std::string& address, std::uint16_t port);

}  // namespace certbroker::scripted_ca
