#include "service/dev/announcement.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/core.h>

namespace certbroker::dev {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+@%,";

}  // namespace

std::string ShellWord(std::string_view text) {
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string NextCommands(const StackFacts& facts, bool with_service) {
  const auto program = [&](std::string_view name) {
    return ShellWord((facts.programs / name).string());
  };
  if (!with_service) {
    return fmt::format("  SOFTHSM2_CONF={} {} serve --config {}\n",
                       ShellWord(facts.softhsm2_conf.string()), program("certbrokerd"),
                       ShellWord(facts.service_config.string()));
  }
  return fmt::format(
      "  export CERTBROKER_STATE=./agent-state CERTBROKER_OPERATOR={0}\n"
      "  {1} join --token-file {2}\n"
      "  {1} issue app.test --http-listen 127.0.0.1:{3} --out ./app.test\n"
      "  {4} explain --agent web-01 --name two.test\n",
      ShellWord(facts.operator_address), program("certbroker-agent"),
      ShellWord(facts.join_token.string()), facts.http_port, program("certbroker"));
}

Announcement::Announcement(bool enabled, Clock& clock)
    : enabled_(enabled),
      coloured_(::isatty(STDOUT_FILENO) == 1),
      clock_(clock),
      begun_(clock.Tick()) {}

void Announcement::Begin(const std::filesystem::path& directory) {
  Print(
      fmt::format("{}DEVELOPMENT STACK{}: throw-away keys, PINs and certificates, on loopback. "
                  "Never for production.\n{}\n",
                  coloured_ ? "\x1b[1;31m" : "", coloured_ ? "\x1b[0m" : "", directory.string()));
}

void Announcement::Step(std::string_view part, std::string_view where) {
  const std::chrono::duration<double> taken = clock_.Tick() - begun_;
  Print(fmt::format("  {:5.1f} s  {:<11}  {}\n", taken.count(), part, where));
}

void Announcement::Ready(const StackFacts& facts, bool with_service) {
  Print(
      fmt::format("Ready. How to join is in {}, logs are in {}. Next, in another terminal:\n\n{}\n"
                  "Ctrl-C ends everything.\n",
                  (facts.directory / "stack.json").string(), (facts.directory / "log").string(),
                  NextCommands(facts, with_service)));
}

void Announcement::Ending() { Print("Ending the stack.\n"); }

void Announcement::Print(std::string_view text) const {
  if (!enabled_) return;
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace certbroker::dev
