#include "db/certificate_rows.h"

#include <unordered_map>
#include <utility>

#include "db/error_columns.h"
#include "db/queries.h"

namespace certbroker::db {
namespace {

Param IdArray(const std::vector<CertificateId>& ids) {
  return Param::Array({ids.begin(), ids.end()});
}

ManagedCertificate CertificateFrom(const Row& row) {
  ManagedCertificate certificate;
  certificate.id = row.IdAs<CertificateId>("id");
  certificate.agent = AgentId(row.Text("agent"));
  certificate.issuer = IssuerId(row.Text("issuer"));
  for (const std::string& issuer : row.Texts("fallback_issuers"))
    certificate.fallback_issuers.emplace_back(issuer);
  certificate.profile = row.Text("profile");
  certificate.names = row.Names("names");
  certificate.create_time = row.At("create_time");
  certificate.latest_order = row.IdAs<OrderId>("latest_order_id");
  certificate.latest_order_state = row.Named("latest_order_state", OrderStateFromName);
  return certificate;
}

CertificateVersion VersionFrom(const Row& row) {
  CertificateVersion version;
  version.order = row.IdAs<OrderId>("order_id");
  version.account = AccountName(row.Text("account"));
  version.serial = row.Text("serial");
  version.renewal_id = row.Text("renewal_id");
  version.subject = row.Text("subject");
  version.issuer_name = row.Text("issuer_name");
  version.names = row.Names("names");
  version.not_before = row.At("not_before");
  version.not_after = row.At("not_after");
  version.sha256 = row.Octets("sha256");
  version.spki_sha256 = row.Octets("spki_sha256");
  version.chain_pem = row.Text("chain_pem");
  if (!row.IsNull("revocation_id")) version.revocation = RevocationFrom(row);
  if (!row.IsNull("source")) {
    version.renewal = RenewalPlanFrom(row);
    version.renewal->failures = row.Int("renewal_failures");
    version.renewal->next_poll = row.OptionalAt("next_poll");
  }
  return version;
}

}  // namespace

Revocation RevocationFrom(const Row& row) {
  const auto reason = RevocationReasonFromCode(row.Int("reason"));
  CERTBROKER_CHECK(reason.has_value());
  return {.id = row.IdAs<RevocationId>("revocation_id"),
          .state = row.Named("state", RevocationStateFromName),
          .reason = *reason,
          .requested_by = CallerId(row.Text("requested_by")),
          .request_time = row.At("request_time"),
          .revoke_time = row.OptionalAt("revoke_time"),
          .failure = ReadFailure(row)};
}

RenewalPlan RenewalPlanFrom(const Row& row) {
  RenewalPlan plan;
  plan.certificate_id = row.Text("renewal_id");
  plan.source = row.Named("source", WindowSourceFromName);
  plan.window = {row.At("window_start"), row.At("window_end")};
  plan.chosen = row.At("chosen");
  plan.explanation_url = row.Text("explanation_url");
  return plan;
}

Result<std::vector<ManagedCertificate>> ReadCertificates(Transaction& tx,
                                                         const std::vector<CertificateId>& ids) {
  std::vector<ManagedCertificate> certificates;
  if (ids.empty()) return certificates;
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadCertificates, {IdArray(ids)}));
  ASSIGN_OR_RETURN(const Rows versions, tx.Exec(sql::kReadVersions, {IdArray(ids)}));

  std::unordered_map<CertificateId, ManagedCertificate> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ManagedCertificate certificate = CertificateFrom(rows[i]);
    found.emplace(certificate.id, std::move(certificate));
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto certificate = found.find(versions[i].IdAs<CertificateId>("certificate_id"));
    if (certificate == found.end()) continue;
    certificate->second.versions.push_back(VersionFrom(versions[i]));
  }
  for (const CertificateId& id : ids) {
    const auto certificate = found.find(id);
    if (certificate != found.end()) certificates.push_back(std::move(certificate->second));
  }
  return certificates;
}

Result<ManagedCertificate> ReadCertificate(Transaction& tx, CertificateId id) {
  ASSIGN_OR_RETURN(auto certificates, ReadCertificates(tx, {id}));
  CERTBROKER_CHECK(certificates.size() == 1);
  return std::move(certificates.front());
}

Result<void> WriteVersion(Transaction& tx, CertificateId certificate,
                          const CertificateVersion& version) {
  RETURN_IF_ERROR(tx.Exec(
      sql::kInsertVersion,
      {version.order, certificate, version.account, version.serial, ForPeople(version.subject),
       ForPeople(version.issuer_name), version.names, version.not_before, version.not_after,
       version.sha256, version.spki_sha256, version.chain_pem, version.renewal_id}));
  if (!version.renewal) return {};
  const RenewalPlan& plan = *version.renewal;
  RETURN_IF_ERROR(tx.Exec(
      sql::kInsertRenewal,
      {version.order, certificate, ToString(plan.source), plan.window.start, plan.window.end,
       plan.chosen, ForPeople(plan.explanation_url), plan.failures, plan.next_poll}));
  return {};
}

}  // namespace certbroker::db
