#include "agent/status_command.h"

#include <utility>

#include <fmt/format.h>

#include "agent/identity_status.h"
#include "agent/json_output.h"
#include "agent/order_text.h"
#include "agent/path_option.h"
#include "client/order_state_name.h"
#include "client/status.h"
#include "client/table.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

constexpr int kPageSize = 1000;
constexpr int kNamesShown = 3;

Result<std::vector<v1::Certificate>> ListAll(const ServiceLink& service) {
  std::vector<v1::Certificate> all;
  v1::ListCertificatesRequest request;
  request.set_page_size(kPageSize);
  do {
    ASSIGN_OR_RETURN(
        v1::ListCertificatesResponse page,
        service.calls().Unary(service.certificates(),
                              &v1::CertificateService::StubInterface::ListCertificates, request));
    for (auto& one : *page.mutable_certificates()) all.push_back(std::move(one));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

Result<std::vector<v1::Certificate>> GetOne(const ServiceLink& service, const std::string& name) {
  v1::GetCertificateRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(
      v1::Certificate certificate,
      service.calls().Unary(service.certificates(),
                            &v1::CertificateService::StubInterface::GetCertificate, request));
  return std::vector<v1::Certificate>{std::move(certificate)};
}

std::string NamesText(const v1::Certificate& certificate) {
  std::string text;
  for (int i = 0; i < certificate.identifiers_size() && i < kNamesShown; ++i) {
    text += (i == 0 ? "" : ", ") + certificate.identifiers(i);
  }
  if (certificate.identifiers_size() > kNamesShown) {
    text += fmt::format(" and {} more", certificate.identifiers_size() - kNamesShown);
  }
  return text;
}

// What is in the folder beside what the service knows.
Result<std::string> FolderText(const std::filesystem::path& out, const InstalledState& installed,
                               const std::vector<CertificateStatus>& statuses) {
  std::string text =
      fmt::format("{}: serial {} is installed\n", Printable(out.string()), installed.serial);
  for (const CertificateStatus& status : statuses) {
    const std::string& newest = status.certificate.current().serial();
    if (!newest.empty() && newest != installed.serial) {
      text += fmt::format("  the service has a newer one, serial {}\n", Printable(newest));
    }
  }
  ASSIGN_OR_RETURN(const auto pending, PendingRequests(out).Load());
  if (pending) {
    text += fmt::format(
        "  {} for {} is under way; '{}' again goes on with it, 'cancel --out {}' "
        "gives it up\n",
        pending->order.empty() ? "a request" : Printable(pending->order),
        JoinNames(pending->wish.names), pending->certificate.empty() ? "issue" : "renew",
        Printable(out.string()));
  }
  return text;
}

Result<std::string> StatusJson(const IdentityStatus& identity,
                               const std::vector<CertificateStatus>& statuses) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const CertificateStatus& status : statuses) {
    ASSIGN_OR_RETURN(auto certificate, AsJson(status.certificate));
    ASSIGN_OR_RETURN(auto order, AsJson(status.order));
    list.push_back({{"certificate", std::move(certificate)}, {"order", std::move(order)}});
  }
  return TextOf({{"identity", IdentityJson(identity)}, {"certificates", std::move(list)}});
}

// Nothing is said of an identity that is not used.
IdentityStatus OwnIdentity(const CommandContext& context) {
  const AccessOptions& access = context.options.access();
  if (!access.files.identity.empty() || access.state.empty()) return {};
  return ReadIdentityStatus(IdentityStore(access.state), context.clock.Now());
}

}  // namespace

Result<std::vector<CertificateStatus>> ReadStatus(const ServiceLink& service,
                                                  const std::string& only) {
  ASSIGN_OR_RETURN(std::vector<v1::Certificate> certificates,
                   only.empty() ? ListAll(service) : GetOne(service, only));
  std::vector<CertificateStatus> statuses;
  for (v1::Certificate& certificate : certificates) {
    v1::GetOrderRequest request;
    request.set_name(certificate.latest_order());
    ASSIGN_OR_RETURN(v1::Order order,
                     service.calls().Unary(service.orders(),
                                           &v1::OrderService::StubInterface::GetOrder, request));
    statuses.push_back({std::move(certificate), std::move(order)});
  }
  return statuses;
}

std::string StatusText(const std::vector<CertificateStatus>& statuses) {
  if (statuses.empty()) return "no certificates\n";
  client::Table table(
      {"CERTIFICATE", "STATE", "NAMES", "SERIAL", "EXPIRES", "RENEW AT", "LATEST ORDER"});
  std::string reasons;
  for (const auto& [certificate, order] : statuses) {
    const bool issued = certificate.has_current();
    table.Add({certificate.name(), v1::Certificate::State_Name(certificate.state()),
               NamesText(certificate), issued ? certificate.current().serial() : "",
               issued ? client::TimeText(certificate.current().not_after_time()) : "",
               certificate.current().has_renewal()
                   ? client::TimeText(certificate.current().renewal().renew_time())
                   : "",
               fmt::format("{} {}", order.name(), client::StateName(order.state()))});
    if (order.state() == v1::ORDER_STATE_FAILED) {
      const Error error = client::FromProto(order.error());
      reasons += fmt::format("{}: {}\n", Printable(order.name()), error.ToString());
      for (const Violation& violation : error.violations()) {
        reasons += fmt::format("  {}: {}\n", violation.subject, violation.description);
      }
    } else if (!IsFinal(order.state())) {
      reasons += fmt::format("{}: {}\n", Printable(order.name()), Doing(order));
    }
  }
  return table.Text() + reasons;
}

StatusCommand::StatusCommand(CLI::App& app)
    : command_(app.add_subcommand(
          "status", "Show this host's identity, its certificates, and how they are")) {
  command_->add_option("--out", out_, "Only the certificate that is installed in this folder")
      ->check(CheckPath);
}

int StatusCommand::Run(const CommandContext& context) const {
  std::optional<InstalledState> installed;
  if (!out_.empty()) {
    auto read = ReadInstalled(out_);
    if (!read) return context.Failed(read.error());
    installed = *std::move(read);
    if (!installed) {
      return context.Failed(
          Error(Reason::kFileUnusable,
                fmt::format("no certificate is installed in {}", Printable(out_.string()))));
    }
  }
  const bool json = context.options.format() == client::OutputFormat::kJson;
  auto service = context.Service();
  // Read now, because the connection begins with its renewal; told whether there is one or not.
  const IdentityStatus identity = OwnIdentity(context);
  if (!json) client::PrintOut(IdentityText(identity));
  if (!service) return context.Failed(service.error());
  const auto statuses = ReadStatus(**service, installed ? installed->certificate : "");
  if (!statuses) return context.Failed(statuses.error());
  Result<std::string> text = json ? StatusJson(identity, *statuses) : StatusText(*statuses);
  if (text && installed && !json) {
    const auto folder = FolderText(out_, *installed, *statuses);
    if (!folder) return context.Failed(folder.error());
    *text += *folder;
  }
  if (!text) return context.Failed(text.error());
  client::PrintOut(*text);
  return client::kExitDone;
}

}  // namespace certbroker::agent
