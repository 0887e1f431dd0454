// sign: what the keystore makes of a token, beside the token's bare calls and libp11.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/contender_process.h"
#include "bench/sign_store.h"

namespace certbroker::bench {
namespace {

using Json = nlohmann::ordered_json;

struct SignOptions {
  std::vector<int> threads = {1, 2, 8, 64};
  std::vector<int> latencies = {0, 5};
  int rounds = 9;
  int milliseconds = 300;
  std::string algorithm = "ES256";
  std::string format = "text";
};

struct Entrant {
  std::string_view name;
  MakeContender make;
};
constexpr Entrant kEntrants[] = {
    {"raw", MakeRaw}, {"keystore", MakeTokenSign}, {"signer", MakeSigner}, {"libp11", MakeLibp11}};
constexpr std::size_t kRaw = 0;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// One line of the table: rates by entrant, and each one's share of raw in the same round.
struct Row {
  int latency = 0;
  int threads = 0;
  std::vector<double> rates;   // medians
  std::vector<double> shares;  // medians of the rounds' shares
};

using Contest = std::vector<std::unique_ptr<ContenderProcess>>;

Result<Contest> StartAll(const SignTarget& target) {
  Contest contest;
  for (const Entrant& entrant : kEntrants) {
    ASSIGN_OR_RETURN(auto process, ContenderProcess::Start(entrant.make, target));
    contest.push_back(std::move(process));
  }
  return contest;
}

// In turn, so that what the machine does besides meets all of them.
Result<Row> MeasureRow(const SignOptions& options, const Contest& contest, int threads) {
  std::vector<std::vector<double>> rates(contest.size());
  std::vector<std::vector<double>> shares(contest.size());
  const std::chrono::milliseconds time(options.milliseconds);
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < contest.size(); ++i) {
      // Every other round the other way round.
      const std::size_t who = round % 2 == 0 ? i : contest.size() - 1 - i;
      ASSIGN_OR_RETURN(const double rate, contest[who]->Measure(threads, time));
      rates[who].push_back(rate);
    }
    for (std::size_t i = 0; i < contest.size(); ++i) {
      shares[i].push_back(rates[i].back() / rates[kRaw].back());
    }
  }
  Row row;
  row.threads = threads;
  for (std::size_t i = 0; i < contest.size(); ++i) {
    row.rates.push_back(Median(rates[i]));
    row.shares.push_back(Median(shares[i]));
  }
  return row;
}

// Beside this program, where the build puts it.
std::string LatencyModule() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "liblatency_module.so";
}

Result<std::vector<Row>> MeasureLatency(const SignOptions& options, SignTarget target,
                                        int latency) {
  if (latency > 0) {
    ::setenv("LATENCY_MODULE_REAL", target.module.c_str(), 1);
    ::setenv("LATENCY_MODULE_MS", std::to_string(latency).c_str(), 1);
    target.module = LatencyModule();
  }
  ASSIGN_OR_RETURN(const Contest contest, StartAll(target));
  std::vector<Row> rows;
  for (const int threads : options.threads) {
    ASSIGN_OR_RETURN(Row row, MeasureRow(options, contest, threads));
    row.latency = latency;
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<Row>> MeasureAll(const SignOptions& options) {
  const auto kind = keystore::KeyKindFromName(options.algorithm);
  if (!kind) return Error(Reason::kInvalidArgument, "no such algorithm: " + options.algorithm);
  ASSIGN_OR_RETURN(const auto store, SignStore::Make(*kind));
  std::vector<Row> rows;
  for (const int latency : options.latencies) {
    ASSIGN_OR_RETURN(const auto more, MeasureLatency(options, store->target(), latency));
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

void PrintTable(const std::vector<Row>& rows) {
  fmt::print("latency threads {:>10}", "raw/s");
  for (const Entrant& entrant : kEntrants) {
    if (entrant.make != MakeRaw) fmt::print(" {:>10}/s  of raw", entrant.name);
  }
  fmt::print("\n");
  for (const Row& row : rows) {
    fmt::print("{:>4} ms {:>7} {:>10.0f}", row.latency, row.threads, row.rates[kRaw]);
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      if (i != kRaw) fmt::print(" {:>12.0f} {:>7.2f}", row.rates[i], row.shares[i]);
    }
    fmt::print("\n");
  }
}

void PrintJson(const SignOptions& options, const std::vector<Row>& rows) {
  Json json = {{"algorithm", options.algorithm},
               {"rounds", options.rounds},
               {"milliseconds", options.milliseconds},
               {"rows", Json::array()}};
  for (const Row& row : rows) {
    Json line = {{"latency_ms", row.latency}, {"threads", row.threads}};
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      line[std::string(kEntrants[i].name)] = {{"signatures_per_second", row.rates[i]},
                                              {"of_raw", row.shares[i]}};
    }
    json["rows"].push_back(std::move(line));
  }
  fmt::print("{}\n", json.dump());
}

int Main(int argc, char** argv) {
  CLI::App app{"Measures the keystore beside a token's bare calls and libp11, on SoftHSM2"};
  SignOptions options;
  app.add_option("--threads", options.threads, "Threads that sign at once")->capture_default_str();
  app.add_option("--latency-ms", options.latencies, "Added to every C_Sign")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Turns of each")->check(CLI::Range(1, 1000));
  app.add_option("--milliseconds", options.milliseconds, "Of one turn")
      ->check(CLI::Range(10, 60'000));
  app.add_option("--algorithm", options.algorithm, "The key's, as for keystore provision");
  app.add_option("-o,--output", options.format)->check(CLI::IsMember({"text", "json"}));
  CLI11_PARSE(app, argc, argv);
  const auto rows = MeasureAll(options);
  if (!rows) {
    fmt::print(stderr, "sign: {}\n", rows.error().ToString());
    return 1;
  }
  if (options.format == "json") {
    PrintJson(options, *rows);
  } else {
    PrintTable(*rows);
  }
  return 0;
}

}  // namespace
}  // namespace certbroker::bench

int main(int argc, char** argv) { return certbroker::bench::Main(argc, argv); }
