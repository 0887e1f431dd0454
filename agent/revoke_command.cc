#include "agent/revoke_command.h"

#include <utility>

#include <fmt/format.h>

#include "agent/certificate_folder.h"
#include "agent/durable_file.h"
#include "agent/path_option.h"
#include "client/status.h"
#include "client/time_text.h"
#include "core/certificate.h"
#include "core/check.h"
#include "pki/digest.h"
#include "pki/pem_chain.h"

namespace certbroker::agent {
namespace {

constexpr int kLargestReasonCode = 5;

// As RFC 5280 §5.3.1 spells them.
std::vector<std::string> ReasonNames() {
  std::vector<std::string> names;
  for (int code = 0; code <= kLargestReasonCode; ++code) {
    if (const auto reason = RevocationReasonFromCode(code)) names.emplace_back(ToString(*reason));
  }
  return names;
}

int ReasonCode(std::string_view name) {
  for (int code = 0; code <= kLargestReasonCode; ++code) {
    const auto reason = RevocationReasonFromCode(code);
    if (reason && ToString(*reason) == name) return code;
  }
  CERTBROKER_CHECK(false);  // the command line takes no other name
}

// The first certificate of the file, whatever text stands around it.
Result<std::string> ReadLeafDer(const std::filesystem::path& path) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  ASSIGN_OR_RETURN(const std::string text, ReadGiven(path));
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd, begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} holds no certificate in PEM", Printable(path.string())));
  }
  const auto chain = pki::ParsePemChain(text.substr(begin, end + kEnd.size() - begin));
  if (!chain) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{}: {}", Printable(path.string()), chain.error().detail()));
  }
  return std::string(AsText(chain->front().der()));
}

std::string Text(const RevokedVersion& revoked) {
  const auto& revocation = revoked.version.revocation();
  const auto reason = RevocationReasonFromCode(revocation.reason_code());
  if (revocation.has_error()) {
    return fmt::format("revoked {}: serial {}; {}\n", Printable(revoked.certificate.name()),
                       Printable(revoked.version.serial()),
                       Printable(client::FromProto(revocation.error()).detail()));
  }
  return fmt::format("revoked {}: {}, serial {}, at {}\n", Printable(revoked.certificate.name()),
                     reason ? ToString(*reason) : "unspecified",
                     Printable(revoked.version.serial()),
                     client::TimeText(revocation.revoke_time()));
}

}  // namespace

RevokeCommand::RevokeCommand(CLI::App& app)
    : command_(app.add_subcommand("revoke", "Have the CA revoke a certificate of this agent")) {
  command_->add_option("--reason", reason_, "Why (RFC 5280)")
      ->required()
      ->check(CLI::IsMember(ReasonNames()));
  auto* which = command_->add_option_group("which", "Exactly one of");
  which->add_option("--out", out_, "The certificate that is installed in this folder")
      ->check(CheckPath);
  which->add_option("--certificate", certificate_,
                    "The newest version of this one, certificates/…");
  which->add_option("--cert-file", file_, "Exactly the certificate in this file (PEM)");
  which->require_option(1);
  command_
      ->add_option("--timeout", timeout_seconds_,
                   "Seconds to wait for the CA; the service goes on asking it after that")
      ->check(CLI::Range(1L, 2'592'000L))
      ->capture_default_str();
}

Result<v1::RevokeCertificateRequest> RevokeCommand::MakeRequest(const ServiceLink& service) const {
  v1::RevokeCertificateRequest request;
  request.set_request_id(service.NewRequestId());
  request.set_reason_code(ReasonCode(reason_));
  if (!certificate_.empty()) {
    request.set_name(certificate_.starts_with("certificates/") ? certificate_
                                                               : "certificates/" + certificate_);
    return request;
  }
  ASSIGN_OR_RETURN(*request.mutable_certificate_der(),
                   ReadLeafDer(file_.empty() ? out_ / "cert.pem" : file_));
  return request;
}

Result<RevokedVersion> RevokeCommand::Revoke(const ServiceLink& service) const {
  ASSIGN_OR_RETURN(const v1::RevokeCertificateRequest request, MakeRequest(service));
  const SteadyTime deadline = service.clock().Tick() + std::chrono::seconds{timeout_seconds_};
  ASSIGN_OR_RETURN(
      const v1::Certificate certificate,
      service.calls().Unary(service.certificates(),
                            &v1::CertificateService::StubInterface::RevokeCertificate, request));
  const std::string sha256 =
      request.has_certificate_der()
          ? std::string(AsText(pki::Sha256(AsBytes(request.certificate_der()))))
          : certificate.current().sha256();
  return WaitUntilRevoked(service, certificate.name(), sha256, deadline);
}

int RevokeCommand::Run(const CommandContext& context) const {
  auto service = context.Service();
  if (!service) return context.Failed(service.error());
  const auto revoked = Revoke(**service);
  if (!revoked) return context.Failed(revoked.error());
  if (context.options.format() == client::OutputFormat::kJson) {
    return client::ReportMessage(kProgram, revoked->certificate);
  }
  client::PrintOut(Text(*revoked));
  return client::kExitDone;
}

}  // namespace certbroker::agent
