#include "agent/command_context.h"

#include <utility>

namespace certbroker::agent {

void GlobalOptions::AddTo(CLI::App& app) {
  app.add_option("--server", server_, "The service, HOST:PORT")
      ->envname("CERTBROKER_SERVER")
      ->required();
  app.add_option("--ca", files_.ca, "What the service's certificate ends in (PEM)")
      ->envname("CERTBROKER_CA")
      ->required();
  app.add_option("--identity", files_.identity, "This agent's certificate (PEM, leaf first)")
      ->envname("CERTBROKER_IDENTITY")
      ->required();
  app.add_option("--identity-key", files_.identity_key, "Its private key (PEM)")
      ->envname("CERTBROKER_IDENTITY_KEY")
      ->required();
  app.add_option("-o,--output", format_, "text, or json: one document on standard output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

Result<std::unique_ptr<ServiceLink>> CommandContext::Service() const {
  ASSIGN_OR_RETURN(auto channel, client::Connect(options.server(), options.files()));
  return std::make_unique<ServiceLink>(
      std::move(channel),
      ServiceLink::Deps{.clock = clock, .random = random, .stop = interrupt.token()});
}

int CommandContext::Failed(const Error& error) const {
  const int code = client::ReportFailure(kProgram, options.format(), error);
  return error.reason() == Reason::kCancelled && interrupt.happened() ? client::kExitInterrupted
                                                                      : code;
}

}  // namespace certbroker::agent
