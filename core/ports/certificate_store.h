// core/ports/certificate_store.h: managed certificates as the RPC side sees them.
#pragma once

#include <optional>

#include "core/bytes.h"
#include "core/certificate.h"
#include "core/page.h"
#include "core/request_key.h"
#include "core/result.h"

namespace certbroker {

struct CertificateFilter {
  std::optional<AgentId> agent;    // nothing: every agent's (operators)
  std::optional<Identifier> name;  // only those that cover exactly this name
};

struct NewRevocation {
  RevocationId id;
  CertificateId certificate;
  std::optional<Bytes> sha256;  // of the version; nothing: the current one
  RevocationReason reason = RevocationReason::kUnspecified;
};

// Thread-safe; blocks for database round trips. kDatabaseUnavailable; a foreign object is kNotFound
// like an absent one.
class CertificateStore {
 public:
  virtual ~CertificateStore() = default;

  virtual Result<ManagedCertificate> Get(CertificateId id, const std::optional<AgentId>& owner) = 0;
  virtual Result<ManagedCertificate> FindBySha256(const Bytes& sha256,
                                                  const std::optional<AgentId>& owner) = 0;
  virtual Result<Page<ManagedCertificate>> List(const CertificateFilter& filter,
                                                const PageRequest& page) = 0;

  // Puts a revocation on record; the engine carries it out. A version that is revoked already, or
  // about to be, is answered with what is on record: a second revocation is no error, but for one
  // that AnswersRevocation refuses. One that failed is taken up again. Errors:
  // kCertificateNotIssued (no version yet) · kNotFound · kDuplicateRequestId · kCaAlreadyRevoked.
  virtual Result<ManagedCertificate> RequestRevocation(const NewRevocation& revocation,
                                                       const std::optional<AgentId>& owner,
                                                       const RequestKey& request) = 0;
};

}  // namespace certbroker
