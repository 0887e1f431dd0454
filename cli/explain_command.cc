#include "cli/explain_command.h"

#include "certbroker/v1/certificate.grpc.pb.h"
#include "cli/decision_text.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using ExplainStub = v1::CertificateService::StubInterface;

}  // namespace

ExplainCommand::ExplainCommand(CLI::App& app)
    : command_(app.add_subcommand(
          "explain",
          "May this agent have a certificate for these names? Exit code 0: yes, 1: no")) {
  command_->add_option("--agent", agent_, "The agent: web-01, or its SPIFFE ID")->required();
  command_->add_option("--name", names_, "A name of the certificate; may be repeated")
      ->required()
      ->type_name("DNS|IP");
  command_->add_option("--issuer", issuer_, "Issuer; default: the rule's first");
  command_->add_option("--fallback-issuer", fallback_issuers_, "Tried after it; may be repeated");
  command_->add_option("--profile", profile_, "ACME profile; default: the rule's first");
  command_->add_option("--key", key_type_, "Type of key; default: not judged")
      ->check(CLI::IsMember({"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}));
  command_
      ->add_option("--challenge", challenges_,
                   "A challenge that the agent would serve itself; may be repeated")
      ->check(CLI::IsMember({"http-01", "tls-alpn-01"}));
}

int ExplainCommand::Run(const ServiceLink& link) const {
  const auto stub = v1::CertificateService::NewStub(link.channel);
  v1::ExplainIssuanceRequest request;
  request.set_agent(agent_);
  for (const std::string& name : names_) request.add_identifiers(name);
  if (!issuer_.empty()) request.set_issuer(WithCollection(kIssuers, issuer_));
  for (const std::string& issuer : fallback_issuers_) {
    request.add_fallback_issuers(WithCollection(kIssuers, issuer));
  }
  request.set_profile(profile_);
  request.set_key_type(key_type_);
  for (const std::string& challenge : challenges_) request.add_challenge_types(challenge);
  const auto decision =
      link.calls.Unary<ExplainStub>(*stub, &ExplainStub::ExplainIssuance, request);
  if (!decision) return link.Fail(decision.error());
  const int shown = link.Show(*decision, DecisionText);
  return decision->allowed() ? shown : client::kExitFailed;
}

}  // namespace certbroker::cli
