// tests/fakes/scripted_ca/record.h: what the CA has seen and said, for whoever counts
// independently.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "tests/fakes/scripted_ca/endpoint.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

struct SeenRequest {
  Endpoint endpoint = Endpoint::kUnknown;
  std::string method;
  std::string target;
  std::string user_agent;
  std::string body;  // the JWS as it came
  // From the JWS; empty where there was none or it said nothing.
  std::string algorithm;
  std::string nonce;
  std::string key_id;  // "kid"
  std::string payload;
  bool verified = false;  // nonce, URL, key and signature were right
  // The answer; 0 when the connection was dropped instead, or what was sent was no HTTP.
  int status = 0;
  std::string problem;  // its type
};

struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t verified = 0;  // JWS
  std::uint64_t refused = 0;   // answers of 400 and more
  std::uint64_t dropped = 0;
  std::uint64_t scripted = 0;  // a rule applied
};

// Thread-safe.
class Record {
 public:
  explicit Record(std::size_t keep) : keep_(keep) {}

  void Add(SeenRequest request, bool scripted) EXCLUDES(mutex_);

  Counts Of(Endpoint endpoint) const EXCLUDES(mutex_);
  Counts Total() const EXCLUDES(mutex_);
  // The latest, oldest first.
  std::vector<SeenRequest> Requests() const EXCLUDES(mutex_);
  // Per endpoint that was asked, for the program's report.
  Json ToJson() const EXCLUDES(mutex_);

 private:
  const std::size_t keep_;
  mutable Mutex mutex_;
  std::array<Counts, static_cast<std::size_t>(Endpoint::kUnknown) + 1> counts_ GUARDED_BY(mutex_);
  std::deque<SeenRequest> requests_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::scripted_ca
