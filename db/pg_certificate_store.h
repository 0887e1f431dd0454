// db/pg_certificate_store.h: CertificateStore on Postgres.
#pragma once

#include <optional>

#include "core/ports/certificate_store.h"

namespace certbroker::db {

class ConnectionPool;

class PgCertificateStore final : public CertificateStore {
 public:
  explicit PgCertificateStore(ConnectionPool& pool) : pool_(pool) {}

  Result<ManagedCertificate> Get(CertificateId id, const std::optional<AgentId>& owner) override;
  Result<ManagedCertificate> FindBySha256(const Bytes& sha256,
                                          const std::optional<AgentId>& owner) override;
  Result<Page<ManagedCertificate>> List(const CertificateFilter& filter,
                                        const PageRequest& page) override;
  Result<ManagedCertificate> RequestRevocation(const NewRevocation& revocation,
                                               const std::optional<AgentId>& owner,
                                               const RequestKey& request) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
