#include "acme/solvers/program_solver.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/solvers/program_run.h"

namespace certbroker::acme {
namespace {

constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kQuoted = 1000;

Error InvalidProgram(std::string what) { return {Reason::kConfigInvalid, std::move(what)}; }

// No text that reaches exec may hold a NUL: what follows it would silently be lost.
bool HoldsNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool HoldsNul(const DnsChallenge& challenge) {
  return HoldsNul(challenge.record_name) || HoldsNul(challenge.value) ||
         HoldsNul(challenge.domain) || HoldsNul(challenge.token) ||
         HoldsNul(challenge.key_authorization);
}

// The end of what a program said says why it failed; made printable, on one line.
std::string Quoted(std::string_view output) {
  if (output.size() > kQuoted) output.remove_prefix(output.size() - kQuoted);
  while (output.ends_with('\n')) output.remove_suffix(1);
  if (output.empty()) return "it said nothing";
  std::string text(output);
  std::ranges::replace(text, '\n', ' ');
  return fmt::format("it said: {}", Printable(text, kQuoted));
}

}  // namespace

Result<std::unique_ptr<ProgramSolver>> ProgramSolver::Create(ProgramOptions options,
                                                             const Clock& clock, Random& random) {
  if (options.argv.empty() || !options.argv.front().starts_with('/')) {
    return InvalidProgram("\"argv\" must begin with a program's absolute path");
  }
  for (const std::string& argument : options.argv) {
    if (HoldsNul(argument)) return InvalidProgram("\"argv\" holds a NUL");
  }
  for (const auto& [name, value] : options.environment) {
    if (name.empty() || name.find('=') != std::string::npos || HoldsNul(name) || HoldsNul(value)) {
      return InvalidProgram(
          fmt::format("\"{}\" in \"environment\" is no variable", Printable(name, 100)));
    }
  }
  options.environment.emplace("PATH", kPath);
  return std::unique_ptr<ProgramSolver>(new ProgramSolver(std::move(options), clock, random));
}

ProgramSolver::ProgramSolver(ProgramOptions options, const Clock& clock, Random& random)
    : options_(std::move(options)),
      exchange_(clock, random),
      resolver_(options_.look_up.resolver, exchange_),
      walk_(resolver_),
      checker_(options_.look_up, walk_, exchange_) {}

Result<void> ProgramSolver::Run(ProgramAction action, const DnsChallenge& challenge,
                                SteadyTime deadline) {
  if (HoldsNul(challenge)) return Error(Reason::kInvalidArgument, "a challenge holds a NUL");
  ProgramCall call = CallOf(options_.style, action, challenge, options_.argv.front());
  ProgramRun run{.argv = options_.argv,
                 .environment = {options_.environment.begin(), options_.environment.end()},
                 .input = std::move(call.input)};
  run.argv.insert(run.argv.end(), call.arguments.begin(), call.arguments.end());
  run.environment.insert(run.environment.end(), call.environment.begin(), call.environment.end());
  const Clock& clock = exchange_.clock();
  const auto end = std::min(deadline, clock.Tick() + options_.timeout + run.grace);
  ASSIGN_OR_RETURN(const ProgramEnd ended, RunToEnd(run, clock, end));
  if (ended.exit_code == 0 && !ended.timed_out) return {};
  const std::string how = ended.timed_out ? std::string("did not end in time and was killed")
                                          : fmt::format("ended with exit code {}", ended.exit_code);
  return Error(
      Reason::kSolverProgramFailed,
      fmt::format("{} {}; {}", Printable(options_.argv.front(), 300), how, Quoted(ended.output)));
}

Result<void> ProgramSolver::Present(const DnsChallenge& challenge, SteadyTime deadline) {
  return Run(ProgramAction::kPresent, challenge, deadline);
}

Result<void> ProgramSolver::CleanUp(const DnsChallenge& challenge, SteadyTime deadline) {
  return Run(ProgramAction::kCleanUp, challenge, deadline);
}

Result<Propagation> ProgramSolver::CheckPropagation(const DnsChallenge& challenge,
                                                    SteadyTime deadline) {
  return checker_.Check(challenge.record_name, challenge.value, deadline);
}

}  // namespace certbroker::acme
