// db/certificate_rows.h: managed certificates, their versions and revocations as rows.
#pragma once

#include <vector>

#include "core/certificate.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// The certificates of `ids` that exist, in the order of `ids`.
Result<std::vector<ManagedCertificate>> ReadCertificates(Transaction& tx,
                                                         const std::vector<CertificateId>& ids);
// One that must exist.
Result<ManagedCertificate> ReadCertificate(Transaction& tx, CertificateId id);

// The revocation in a row that holds one, its id as revocation_id.
Revocation RevocationFrom(const Row& row);

// The plan in a row that holds one, but for what columns of other tables' names say too: failures
// and next_poll.
RenewalPlan RenewalPlanFrom(const Row& row);

// What a CA issued for an order. kCaBadAnswer: the same certificate is another order's.
Result<void> WriteVersion(Transaction& tx, CertificateId certificate,
                          const CertificateVersion& version);

}  // namespace certbroker::db
