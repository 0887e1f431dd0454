// issuance: how fast, and at what cost, one agent gets certificates through certbroker.

#include <atomic>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "agent/challenge_session.h"
#include "agent/solver_choice.h"
#include "bench/certificate_request.h"
#include "bench/issuing_agent.h"
#include "bench/measurement.h"
#include "bench/stack_handle.h"
#include "client/channel.h"
#include "client/error_text.h"
#include "service/dev/text_file.h"

namespace certbroker::bench {
namespace {

namespace fs = std::filesystem;

struct Options {
  int count = 200;
  int concurrency = 16;
  int timeout_seconds = 300;
  fs::path stack;
  fs::path certbrokerd;
  std::string pebble;
  std::vector<std::string> pebble_environment = {"PEBBLE_VA_NOSLEEP=1"};
  std::string pebble_retry_after = "1";
  bool fsync = false;
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--count", options.count, "Certificates to get")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--concurrency", options.concurrency, "Requests under way at once")
      ->check(CLI::Range(1, 63))
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_seconds, "Seconds for one certificate")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  auto* stack = app.add_option("--stack", options.stack,
                               "stack.json of a running stack; default: a stack of its own")
                    ->type_name("FILE");
  app.add_option("--certbrokerd", options.certbrokerd, "Default: the one beside this program")
      ->excludes(stack);
  app.add_option("--pebble", options.pebble, "Another Pebble, as for certbrokerd dev")
      ->excludes(stack);
  app.add_option("--pebble-env", options.pebble_environment, "As for certbrokerd dev")
      ->allow_extra_args(false)
      ->capture_default_str()
      ->excludes(stack);
  app.add_option("--pebble-retry-after", options.pebble_retry_after, "As for certbrokerd dev")
      ->capture_default_str()
      ->excludes(stack);
  app.add_flag("--fsync", options.fsync, "Let Postgres flush every commit, as in production")
      ->excludes(stack);
}

Result<StackHandle> OpenStack(const Options& options) {
  if (!options.stack.empty()) return StackHandle::Join(options.stack);
  std::vector<std::string> arguments = {"--pebble-retry-after", options.pebble_retry_after};
  for (const std::string& assignment : options.pebble_environment) {
    arguments.insert(arguments.end(), {"--pebble-env", assignment});
  }
  if (!options.pebble.empty()) arguments.insert(arguments.end(), {"--pebble", options.pebble});
  if (options.fsync) arguments.emplace_back("--fsync");
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "certbrokerd";
  return StackHandle::Start(options.certbrokerd.empty() ? beside : options.certbrokerd, arguments);
}

Result<pki::TrustAnchors> ReadRoots(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string pem, dev::ReadFile(path));
  return pki::TrustAnchors::Parse(pem);
}

// Tells people how it goes, at most every tenth of the way. Thread-safe.
class ProgressLine {
 public:
  explicit ProgressLine(int count) : count_(count), step_(std::max(1, count / 10)) {}

  void Done(const Result<Issued>& result) {
    const int done = ++done_;
    if (!result) fmt::print(stderr, "{}", client::ErrorText("issuance", result.error()));
    if (done % step_ == 0) fmt::print(stderr, "{} of {}\n", done, count_);
  }

 private:
  const int count_;
  const int step_;
  std::atomic<int> done_ = 0;
};

Result<Measurement> Measure(const Options& options, const StackFacts& stack, Clock& clock,
                            Random& random) {
  ASSIGN_OR_RETURN(const auto requests, MakeRequests(options.count, random));
  ASSIGN_OR_RETURN(auto roots, ReadRoots(stack.pebble_roots));
  ASSIGN_OR_RETURN(auto channel, client::Connect(stack.agent_address,
                                                 {stack.ca, stack.identity, stack.identity_key}));
  const agent::ServiceLink service(std::move(channel),
                                   {.clock = clock, .random = random, .stop = {}});
  agent::ChallengeReports reports;
  ASSIGN_OR_RETURN(const auto solver,
                   agent::MakeSolver({.http_listen = stack.http_listen}, clock,
                                     [&](const agent::Challenge& fetched, const std::string& by) {
                                       reports.Send(fetched, v1::ChallengeReport::HIT, by);
                                     }));
  agent::ChallengeSession session(
      {.service = service.sessions(),
       .solver = *solver,
       .reports = reports,
       .clock = clock,
       .random = random,
       .note = [](std::string_view text) { fmt::print(stderr, "{}\n", text); }},
      {});
  RETURN_IF_ERROR(session.WaitUntilOpen(std::chrono::seconds{15}, {}));

  const IssuingAgent agent(service, std::move(roots),
                           std::chrono::seconds{options.timeout_seconds});
  Measurement m;
  m.concurrency = options.concurrency;
  m.pebble = stack.pebble_program;
  m.database_fsync = stack.database_fsync;
  ProgressLine progress(options.count);
  ASSIGN_OR_RETURN(m.before, ReadUsage(stack));
  const SteadyTime begun = clock.Tick();
  const auto results = agent.IssueAll(requests, options.concurrency,
                                      [&](const Result<Issued>& one) { progress.Done(one); });
  m.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(clock.Tick() - begun);
  ASSIGN_OR_RETURN(m.after, ReadUsage(stack));
  for (const Result<Issued>& result : results) {
    if (result) m.latencies.push_back(result->latency);
  }
  m.failures = static_cast<int>(results.size() - m.latencies.size());
  return m;
}

int Main(int argc, char** argv) {
  CLI::App app{"Gets certificates through a certbroker on this machine and measures that"};
  Options options;
  AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  client::PrepareProcess();
  SystemClock clock;
  SystemRandom random;
  const auto fail = [](const Error& error) {
    fmt::print(stderr, "{}", client::ErrorText("issuance", error));
    return 1;
  };
  auto stack = OpenStack(options);
  if (!stack) return fail(stack.error());
  const auto measurement = Measure(options, stack->facts(), clock, random);
  if (!measurement) return fail(measurement.error());
  fmt::print("{}", MeasurementJson(*measurement));
  return measurement->failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace certbroker::bench

int main(int argc, char** argv) { return certbroker::bench::Main(argc, argv); }
