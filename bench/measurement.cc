#include "bench/measurement.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/process_cpu.h"

namespace certbroker::bench {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

// Divided last, so that the result is the double that prints with so many decimals.
double Rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

double Milliseconds(microseconds value) {
  return Rounded(static_cast<double>(value.count()) / 1000.0, 1);
}

Json Per(double total, std::size_t certificates, int decimals) {
  if (certificates == 0) return nullptr;
  return Rounded(total / static_cast<double>(certificates), decimals);
}

}  // namespace

Result<Usage> ReadUsage(const StackFacts& stack) {
  Usage usage;
  ASSIGN_OR_RETURN(usage.service_cpu_seconds, CpuSeconds(stack.service_pid));
  ASSIGN_OR_RETURN(usage.postgres_cpu_seconds, CpuSeconds(stack.postgres_pid));
  ASSIGN_OR_RETURN(usage.signatures, CountPosts(stack.pebble_log));
  return usage;
}

Result<long> CountPosts(const std::filesystem::path& pebble_log) {
  std::ifstream log(pebble_log);
  if (!log) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} cannot be read", Printable(pebble_log.string())));
  }
  long posts = 0;
  for (std::string line; std::getline(log, line);) {
    if (line.find(" POST /") != std::string::npos && line.ends_with(" -> calling handler()")) {
      ++posts;
    }
  }
  return posts;
}

microseconds Percentile(std::vector<microseconds> values, int percent) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t rank =
      (values.size() * static_cast<std::size_t>(percent) + 99) / 100;  // rounded up, from 1
  return values[std::max<std::size_t>(rank, 1) - 1];
}

std::string MeasurementJson(const Measurement& m) {
  const std::size_t certificates = m.latencies.size();
  const double seconds = std::chrono::duration<double>(m.elapsed).count();
  Json json;
  json["certificates"] = certificates;
  json["failures"] = m.failures;
  json["concurrency"] = m.concurrency;
  json["seconds"] = Rounded(seconds, 3);
  json["certificates_per_second"] =
      seconds > 0 ? Rounded(static_cast<double>(certificates) / seconds, 2) : 0.0;
  json["latency_ms"] = {{"p50", Milliseconds(Percentile(m.latencies, 50))},
                        {"p99", Milliseconds(Percentile(m.latencies, 99))}};
  json["cpu_seconds_per_certificate"] = {
      {"certbrokerd",
       Per(m.after.service_cpu_seconds - m.before.service_cpu_seconds, certificates, 5)},
      {"postgres",
       Per(m.after.postgres_cpu_seconds - m.before.postgres_cpu_seconds, certificates, 5)}};
  json["signatures_per_certificate"] =
      Per(static_cast<double>(m.after.signatures - m.before.signatures), certificates, 2);
  json["pebble"] = m.pebble;
  json["database_fsync"] = m.database_fsync;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::bench
