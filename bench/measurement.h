// bench/measurement.h: the figures of one run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/stack_handle.h"
#include "core/result.h"

namespace certbroker::bench {

// What has been used since the stack was started.
struct Usage {
  double service_cpu_seconds = 0;
  double postgres_cpu_seconds = 0;  // all of its processes
  // POST requests in Pebble's log: in ACME each carries one signature by an account key (RFC 8555
  // §6.2). The CA's count, so that certbroker does not grade itself.
  long signatures = 0;
};
Result<Usage> ReadUsage(const StackFacts& stack);

// The lines of Pebble's log that say that it got a POST. kFileUnusable.
Result<long> CountPosts(const std::filesystem::path& pebble_log);

struct Measurement {
  int concurrency = 0;
  std::vector<std::chrono::microseconds> latencies;  // one per certificate
  int failures = 0;
  std::chrono::microseconds elapsed{};
  Usage before;
  Usage after;
  std::string pebble;
  bool database_fsync = false;
};

// Nearest rank; `percent` of 1 to 100. Zero without values.
std::chrono::microseconds Percentile(std::vector<std::chrono::microseconds> values, int percent);

// One line of JSON, with its newline. Figures per certificate are null when there is none.
std::string MeasurementJson(const Measurement& measurement);

}  // namespace certbroker::bench
