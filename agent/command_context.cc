#include "agent/command_context.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "agent/identity_renewal.h"
#include "agent/path_option.h"
#include "agent/service_check.h"

namespace certbroker::agent {

void GlobalOptions::AddTo(CLI::App& app) {
  access_.state = DefaultStateFolder();
  app.add_option("--state", access_.state, "The folder of this host's identity, which join makes")
      ->envname("CERTBROKER_STATE")
      ->check(CheckPath)
      ->capture_default_str();
  app.add_option("--server", access_.server, "The service, HOST:PORT, instead of the one joined")
      ->envname("CERTBROKER_SERVER");
  app.add_option("--ca", access_.files.ca,
                 "What the service's certificate ends in (PEM), instead of what join found")
      ->envname("CERTBROKER_CA");
  app.add_option("--identity", access_.files.identity,
                 "Another certificate of this agent (PEM, leaf first) than the one of --state")
      ->envname("CERTBROKER_IDENTITY");
  app.add_option("--identity-key", access_.files.identity_key,
                 "Its private key (PEM), if it is not in the same file")
      ->envname("CERTBROKER_IDENTITY_KEY");
  app.add_option("-o,--output", format_, "text, or json: one document on standard output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

Result<std::unique_ptr<ServiceLink>> CommandContext::Service() const {
  const AccessFinder finder(options.access(),
                            {.clock = clock,
                             .random = random,
                             .stop = interrupt.token(),
                             .warn = [this](std::string_view text) { Warn(text); }});
  ASSIGN_OR_RETURN(ServiceAccess access, finder.Find());
  return std::make_unique<ServiceLink>(
      std::move(access.channel),
      ServiceLink::Deps{
          .clock = clock,
          .random = random,
          .stop = interrupt.token(),
          .why_unreachable = [address = access.address,
                              &clock = clock] { return WhyUnreachable(address, clock); }},
      std::move(access.use));
}

Result<IdentityStore> CommandContext::Store() const {
  if (options.access().state.empty()) {
    return Error(Reason::kInvalidArgument,
                 "there is no home directory to keep the identity in; give --state FOLDER");
  }
  return IdentityStore(options.access().state);
}

void CommandContext::ReplaceIdentity() const {
  const IdentityStore store(options.access().state);
  const auto replaced = [&]() -> Result<bool> {
    ASSIGN_OR_RETURN(const FileLock uses, store.uses());
    const IdentityRenewal renewal(
        {.store = store, .clock = clock, .random = random, .stop = interrupt.token()});
    return renewal.Run(uses, true);
  }();
  if (!replaced) {
    Warn(fmt::format("the service asks for another identity, which could not be had: {}",
                     replaced.error().ToString()));
  }
}

int CommandContext::Failed(const Error& error) const {
  const int code = client::ReportFailure(kProgram, options.format(), error);
  return error.reason() == Reason::kCancelled && interrupt.happened() ? client::kExitInterrupted
                                                                      : code;
}

void CommandContext::Warn(std::string_view text) const {
  fmt::print(stderr, "{}: warning: {}\n", kProgram, Printable(text, 4096));
}

}  // namespace certbroker::agent
