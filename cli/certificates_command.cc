#include "cli/certificates_command.h"

#include <limits>

#include "certbroker/v1/certificate.grpc.pb.h"
#include "cli/certificate_text.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using CertificateStub = v1::CertificateService::StubInterface;

}  // namespace

CertificatesCommand::CertificatesCommand(CLI::App& app)
    : command_(app.add_subcommand("certificates", "Managed certificates of all agents")),
      list_command_(command_->add_subcommand("list", "Certificates, newest first")),
      show_command_(command_->add_subcommand("show", "One certificate with its versions")) {
  command_->require_subcommand(1);
  list_command_->add_option("--name", identifier_, "Only certificates that hold exactly this name")
      ->type_name("DNS");
  list_command_->add_option("--limit", limit_, "How many at most")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  show_command_->add_option("certificate", certificate_, "Its name or id")->required();
}

int CertificatesCommand::Run(const ServiceLink& link) const {
  return list_command_->parsed() ? List(link) : ShowOne(link);
}

int CertificatesCommand::List(const ServiceLink& link) const {
  const auto stub = v1::CertificateService::NewStub(link.channel);
  v1::ListCertificatesRequest request;
  request.set_identifier(identifier_);
  const auto list = CollectPages<v1::ListCertificatesResponse>(
      request, limit_,
      [&](const auto& page) {
        return link.calls.Unary<CertificateStub>(*stub, &CertificateStub::ListCertificates, page);
      },
      [](v1::ListCertificatesResponse& page) { return page.mutable_certificates(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListCertificatesResponse& shown) {
    return CertificatesText(shown, link.clock.Now());
  });
}

int CertificatesCommand::ShowOne(const ServiceLink& link) const {
  const auto stub = v1::CertificateService::NewStub(link.channel);
  v1::GetCertificateRequest request;
  request.set_name(WithCollection(kCertificates, certificate_));
  const auto certificate =
      link.calls.Unary<CertificateStub>(*stub, &CertificateStub::GetCertificate, request);
  if (!certificate) return link.Fail(certificate.error());
  return link.Show(*certificate, [&](const v1::Certificate& shown) {
    return CertificateText(shown, link.clock.Now());
  });
}

}  // namespace certbroker::cli
