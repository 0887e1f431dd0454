#include "db/pg_certificate_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "db/certificate_rows.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/request_ledger.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

Error NoSuchCertificate(CertificateId id) {
  return Error(Reason::kNotFound, fmt::format("there is no certificate {}", id.ToString()));
}

// The version to revoke, by the id of its order.
Result<OrderId> FindVersion(Transaction& tx, const NewRevocation& revocation,
                            const std::optional<AgentId>& owner) {
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kFindVersion, {revocation.certificate, owner, revocation.sha256}));
  if (rows.empty()) return NoSuchCertificate(revocation.certificate);
  if (!rows.front().IsNull("order_id")) return rows.front().IdAs<OrderId>("order_id");
  if (revocation.sha256) {
    return Error(Reason::kNotFound, fmt::format("certificate {} has no version with that SHA-256",
                                                revocation.certificate.ToString()));
  }
  return Error(Reason::kCertificateNotIssued,
               fmt::format("certificate {} has not been issued yet: there is nothing to revoke; "
                           "cancel its order instead",
                           revocation.certificate.ToString()));
}

Result<ManagedCertificate> RequestIn(Transaction& tx, const NewRevocation& revocation,
                                     const std::optional<AgentId>& owner,
                                     const RequestKey& request) {
  const std::string name = revocation.certificate.ToString();
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, name));
  if (earlier) return ReadCertificate(tx, revocation.certificate);

  ASSIGN_OR_RETURN(const OrderId version, FindVersion(tx, revocation, owner));
  ASSIGN_OR_RETURN(
      const Rows requested,
      tx.Exec(sql::kRequestRevocation,
              {revocation.id, version, static_cast<int>(revocation.reason), request.caller}));
  ASSIGN_OR_RETURN(auto certificate, ReadCertificate(tx, revocation.certificate));
  if (requested.empty()) {
    const auto revoked =
        std::ranges::find(certificate.versions, version, &CertificateVersion::order);
    if (revoked != certificate.versions.end() && revoked->revocation) {
      RETURN_IF_ERROR(AnswersRevocation(*revoked->revocation, revocation.reason));
    }
  } else {
    tx.Tell(Channel::kCertificate, name);
    tx.Tell(Channel::kWork);
  }
  return certificate;
}

std::string NameOfList(const CertificateFilter& filter) {
  return fmt::format("certificates agent={} name={}", filter.agent ? filter.agent->ToString() : "",
                     filter.name ? filter.name->ToString() : "");
}

}  // namespace

Result<ManagedCertificate> PgCertificateStore::Get(CertificateId id,
                                                   const std::optional<AgentId>& owner) {
  return RunTransactionFor<ManagedCertificate>(
      pool_, Mode::kRead, "reading a certificate",
      [&](Transaction& tx) -> Result<ManagedCertificate> {
        ASSIGN_OR_RETURN(const Rows found, tx.Exec(sql::kFindCertificate, {id, owner}));
        if (found.empty()) return NoSuchCertificate(id);
        return ReadCertificate(tx, id);
      });
}

Result<ManagedCertificate> PgCertificateStore::FindBySha256(const Bytes& sha256,
                                                            const std::optional<AgentId>& owner) {
  return RunTransactionFor<ManagedCertificate>(
      pool_, Mode::kRead, "finding a certificate",
      [&](Transaction& tx) -> Result<ManagedCertificate> {
        ASSIGN_OR_RETURN(const Rows found, tx.Exec(sql::kFindCertificateBySha256, {sha256, owner}));
        if (found.empty()) {
          return Error(Reason::kNotFound, "there is no certificate with that SHA-256");
        }
        return ReadCertificate(tx, found.front().IdAs<CertificateId>("id"));
      });
}

Result<Page<ManagedCertificate>> PgCertificateStore::List(const CertificateFilter& filter,
                                                          const PageRequest& page) {
  const std::string list = NameOfList(filter);
  ASSIGN_OR_RETURN(const auto start, StartOf(page, list, CertificateId::Parse));
  return RunTransactionFor<Page<ManagedCertificate>>(
      pool_, Mode::kRead, "listing certificates",
      [&](Transaction& tx) -> Result<Page<ManagedCertificate>> {
        ASSIGN_OR_RETURN(const Rows rows,
                         tx.Exec(sql::kListCertificates,
                                 {filter.agent, filter.name, start, ClampedSize(page) + 1}));
        auto ids = rows.Ids<CertificateId>("id");
        Page<ManagedCertificate> result;
        result.next_token =
            CutToPage(ids, page, list, [](const CertificateId& id) { return id.ToString(); });
        ASSIGN_OR_RETURN(result.items, ReadCertificates(tx, ids));
        return result;
      });
}

Result<ManagedCertificate> PgCertificateStore::RequestRevocation(
    const NewRevocation& revocation, const std::optional<AgentId>& owner,
    const RequestKey& request) {
  return RunTransactionFor<ManagedCertificate>(
      pool_, Mode::kWrite, "requesting a revocation",
      [&](Transaction& tx) { return RequestIn(tx, revocation, owner, request); });
}

}  // namespace certbroker::db
