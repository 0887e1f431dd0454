#include "cli/certificate_text.h"

#include <fmt/format.h>

#include "cli/failure_text.h"
#include "cli/field_list.h"
#include "cli/name_list.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "client/table.h"
#include "core/bytes.h"

namespace certbroker::cli {
namespace {

using Version = v1::CertificateVersion;

std::string CertificateStateText(const v1::Certificate& certificate) {
  return v1::Certificate::State_Name(certificate.state());
}

// RFC 5280 §5.3.1.
std::string ReasonText(int code) {
  switch (code) {
    case 0:
      return "unspecified";
    case 1:
      return "keyCompromise";
    case 3:
      return "affiliationChanged";
    case 4:
      return "superseded";
    case 5:
      return "cessationOfOperation";
    default:
      return fmt::format("reason {}", code);
  }
}

std::string RevocationState(const Version& version) {
  return version.has_revocation() ? v1::Revocation::State_Name(version.revocation().state()) : "";
}

std::string HexOf(const std::string& octets) { return Hex(AsBytes(octets)); }

void AddRevocation(const v1::Revocation& revocation, Time now, FieldList& fields) {
  fields.Add("Revocation", fmt::format("{}, {}", v1::Revocation::State_Name(revocation.state()),
                                       ReasonText(revocation.reason_code())));
  fields.Add("Asked for by", revocation.requested_by());
  fields.Add("Asked for", When(revocation.request_time(), now));
  if (revocation.has_revoke_time()) fields.Add("Revoked", When(revocation.revoke_time(), now));
  if (revocation.has_error())
    fields.Add(revocation.state() == v1::Revocation::REVOKED ? "But" : "Error",
               FailureText(revocation.error()));
}

void AddRenewal(const v1::RenewalPlan& plan, Time now, FieldList& fields) {
  const bool ca = plan.source() == v1::RenewalPlan::CA;
  fields.Add("Renew at", fmt::format("{}, {}", When(plan.renew_time(), now),
                                     ca ? "as the CA suggests" : "by its lifetime"));
  fields.Add("Window", fmt::format("{} to {}", When(plan.window_start_time(), now),
                                   When(plan.window_end_time(), now)));
  fields.Add("The CA says why", plan.explanation_url());
  if (plan.has_next_poll_time()) fields.Add("CA asked again", When(plan.next_poll_time(), now));
}

std::string CurrentText(const Version& version, Time now) {
  FieldList fields;
  fields.Add("Serial", version.serial());
  fields.Add("Subject", version.subject());
  fields.Add("Issued by", version.issuer_name());
  fields.Add("Not before", When(version.not_before_time(), now));
  fields.Add("Not after", When(version.not_after_time(), now));
  fields.Add("SHA-256", HexOf(version.sha256()));
  fields.Add("Key SHA-256", HexOf(version.spki_sha256()));
  fields.Add("Order", version.order());
  if (version.has_renewal()) AddRenewal(version.renewal(), now, fields);
  if (version.has_revocation()) AddRevocation(version.revocation(), now, fields);
  return "\nCurrent version\n" + fields.Text();
}

std::string PreviousText(const v1::Certificate& certificate, Time now) {
  client::Table table({"SERIAL", "NOT BEFORE", "NOT AFTER", "ORDER", "REVOCATION"});
  for (const Version& version : certificate.previous()) {
    table.Add({version.serial(), When(version.not_before_time(), now),
               When(version.not_after_time(), now), IdOf(kOrders, version.order()),
               RevocationState(version)});
  }
  return table.empty() ? "" : "\nPrevious versions\n" + table.Text();
}

}  // namespace

std::string CertificatesText(const v1::ListCertificatesResponse& list, Time now) {
  if (list.certificates().empty()) return "No certificates.\n";
  client::Table table({"CERTIFICATE", "STATE", "NAMES", "AGENT", "NOT AFTER", "SERIAL"});
  for (const v1::Certificate& certificate : list.certificates()) {
    const bool issued = certificate.has_current();
    table.Add({IdOf(kCertificates, certificate.name()), CertificateStateText(certificate),
               ShortNames(certificate.identifiers()), certificate.agent(),
               issued ? When(certificate.current().not_after_time(), now) : "",
               issued ? certificate.current().serial() : ""});
  }
  return table.Text() + MoreText(list.next_page_token());
}

std::string CertificateText(const v1::Certificate& certificate, Time now) {
  FieldList fields;
  fields.Add("Certificate", certificate.name());
  fields.Add("State", CertificateStateText(certificate));
  fields.Add("Names", AllNames(certificate.identifiers()));
  fields.Add("Agent", certificate.agent());
  fields.Add("Issuer", certificate.issuer());
  fields.Add("Fallback issuers", AllNames(certificate.fallback_issuers()));
  fields.Add("Profile", certificate.profile());
  fields.Add("Latest order", certificate.latest_order());
  fields.Add("Created", When(certificate.create_time(), now));
  const std::string current =
      certificate.has_current() ? CurrentText(certificate.current(), now) : "";
  return fields.Text() + current + PreviousText(certificate, now);
}

}  // namespace certbroker::cli
