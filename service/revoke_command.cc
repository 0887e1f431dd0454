#include "service/revoke_command.h"

#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "acme/payloads.h"
#include "core/certificate.h"
#include "core/error_text.h"
#include "core/executor.h"
#include "pki/certificate_key.h"
#include "pki/private_key.h"
#include "service/config/config.h"
#include "service/config/text_file.h"
#include "service/issuer_setup.h"

namespace certbroker {
namespace {

struct Revoked {
  std::string serial;
  bool before = false;  // it was revoked already
};

Result<const config::IssuerConfig*> IssuerNamed(const config::Config& config,
                                                const std::string& name) {
  const auto found = std::ranges::find(config.issuers, IssuerId(name), &config::IssuerConfig::name);
  if (found != config.issuers.end()) return &*found;
  return Error(Reason::kConfigInvalid,
               fmt::format("no issuer \"{}\" is configured", Printable(name, 60)));
}

Result<void> Ask(const config::IssuerConfig& issuer, const config::Config& config,
                 const pki::Certificate& leaf, RevocationReason reason, Signer& key) {
  SystemClock clock;
  Executor workers({.name = "revoke", .threads = 1});
  const Issuing issuing = MakeIssuing(issuer, config, clock, workers);
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kRevokeCertificate;
  call.target = acme::Endpoint::kRevokeCert;
  call.payload = acme::RevokePayload(leaf.der(), reason);
  call.subject = "certificate " + leaf.serial();
  std::promise<Result<void>> outcome;
  issuing.client->Send(std::move(call), key, [&outcome](Result<acme::Answer> answer) {
    if (answer) {
      outcome.set_value({});
    } else {
      outcome.set_value(std::move(answer).error());
    }
  });
  Result<void> result = outcome.get_future().get();
  workers.Stop();
  return result;
}

Result<Revoked> Revoke(const std::string& config_file, const std::string& issuer_name,
                       const std::string& certificate_file, const std::string& key_file,
                       RevocationReason reason) {
  ASSIGN_OR_RETURN(const config::Config config, config::Load(config_file));
  ASSIGN_OR_RETURN(const config::IssuerConfig* issuer, IssuerNamed(config, issuer_name));
  ASSIGN_OR_RETURN(const std::string chain, config::ReadTextFile(certificate_file));
  auto leaf = pki::LeafOf(chain);
  if (!leaf) return std::move(leaf).error().While(certificate_file);
  ASSIGN_OR_RETURN(const std::string key_pem, config::ReadTextFile(key_file));
  auto key = pki::CertificateKey::Read(key_pem, *leaf);
  if (!key) return std::move(key).error().While(key_file);
  const auto asked = Ask(*issuer, config, *leaf, reason, **key);
  if (!asked && asked.error().reason() != Reason::kCaAlreadyRevoked) return asked.error();
  return Revoked{.serial = leaf->serial(), .before = !asked};
}

}  // namespace

RevokeCommand::RevokeCommand(CLI::App& app)
    : command_(app.add_subcommand(
          "revoke", "Have a CA revoke a certificate, signed for by the certificate's own key")) {
  command_->add_option("--config", config_file_, "Configuration file (TOML): the CA's address")
      ->required();
  command_->add_option("--issuer", issuer_, "The issuer of the configuration")->required();
  command_->add_option("--certificate", certificate_file_, "PEM, leaf first")->required();
  command_->add_option("--key", key_file_, "Its private key, PEM, not encrypted")->required();
  command_
      ->add_option("--reason", reason_,
                   "unspecified, keyCompromise, affiliationChanged, superseded or "
                   "cessationOfOperation; or its number (RFC 5280)")
      ->required()
      ->transform(CLI::CheckedTransformer(std::map<std::string, int>{{"unspecified", 0},
                                                                     {"keyCompromise", 1},
                                                                     {"affiliationChanged", 3},
                                                                     {"superseded", 4},
                                                                     {"cessationOfOperation", 5}})
                      .description(""));
}

int RevokeCommand::Run() const {
  const auto reason = RevocationReasonFromCode(reason_);
  const auto revoked = Revoke(config_file_, issuer_, certificate_file_, key_file_, *reason);
  if (!revoked) {
    std::cerr << ErrorText("certbrokerd", revoked.error());
    return 1;
  }
  if (revoked->before) {
    std::cout << fmt::format(
        "{}: serial {} was already revoked; the CA keeps the reason that it has\n",
        certificate_file_, revoked->serial);
  } else {
    std::cout << fmt::format(
        "{}: serial {} is revoked now: {}\n"
        "  certbrokerd does not hear of it: get another certificate there, with a new key\n",
        certificate_file_, revoked->serial, ToString(*reason));
  }
  return 0;
}

}  // namespace certbroker
