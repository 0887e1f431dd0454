#include "service/dev_command.h"

#include <cstdio>

#include <fmt/core.h>

#include "core/clock.h"
#include "core/error_text.h"
#include "core/random.h"

namespace certbroker {
namespace {

std::string CheckAssignment(const std::string& text) {
  if (!text.starts_with("PEBBLE_") || text.find('=') == std::string::npos) {
    return fmt::format("'{}' is not PEBBLE_NAME=VALUE", Printable(text));
  }
  return {};
}

}  // namespace

DevCommand::DevCommand(CLI::App& app)
    : command_(app.add_subcommand(
          "dev", "A whole certbroker on this machine's loopback, for development and tests")) {
  CLI::App& c = *command_;
  c.add_option("--dir", options_.directory, "The stack's folder; made if missing")->required();
  c.add_option("--user", options_.user, "Who runs the stack when root starts it")
      ->capture_default_str();
  c.add_option("--pebble", options_.pebble, "Another Pebble; its challenge test server beside it");
  c.add_option("--pebble-env", pebble_environment_,
               "PEBBLE_NAME=VALUE for Pebble, as PEBBLE_WFE_NONCEREJECT=20; may be repeated")
      ->check(CheckAssignment);
  c.add_option("--pebble-retry-after", options_.pebble_retry_after_seconds,
               "Seconds that Pebble asks pollers to wait")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  c.add_option(
      "--key", options_.more_keys,
      "Label of one more account key in the token, as acme/ISSUER/main/v1; may be repeated");
  c.add_flag("--fsync", options_.fsync, "Let Postgres flush every commit, as in production");
  auto* without =
      c.add_flag("--without-service", without_service_, "Start everything but the service itself");
  c.add_flag("--restart-service", options_.restart_service,
             "Start the service again when it ends, as an init system would")
      ->excludes(without);
  c.add_option("--ready-fd", options_.ready_fd,
               "Write one octet to this descriptor when the stack is ready");
  c.add_flag("--brief", options_.brief, "Print what was started, but not what to try next");
  c.add_flag("--quiet", options_.quiet, "Print nothing but errors");
}

int DevCommand::Run() {
  options_.with_service = !without_service_;
  for (const auto& assignment : pebble_environment_) {
    const std::size_t equals = assignment.find('=');
    options_.pebble_environment.emplace_back(assignment.substr(0, equals),
                                             assignment.substr(equals + 1));
  }
  SystemClock clock;
  SystemRandom random;
  const Result<void> result = dev::RunStack(options_, clock, random);
  if (result) return 0;
  fmt::print(stderr, "{}", ErrorText("certbrokerd dev", result.error()));
  return 1;
}

}  // namespace certbroker
