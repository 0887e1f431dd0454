// tests/fakes/fake_certificate_store.h: CertificateStore in memory.
#pragma once

#include <optional>

#include "core/ports/certificate_store.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeCertificateStore final : public CertificateStore {
 public:
  explicit FakeCertificateStore(Tables& tables) : tables_(tables) {}

  Result<ManagedCertificate> Get(CertificateId id, const std::optional<AgentId>& owner) override;
  Result<ManagedCertificate> FindBySha256(const Bytes& sha256,
                                          const std::optional<AgentId>& owner) override;
  Result<Page<ManagedCertificate>> List(const CertificateFilter& filter,
                                        const PageRequest& page) override;
  Result<ManagedCertificate> RequestRevocation(const NewRevocation& revocation,
                                               const std::optional<AgentId>& owner,
                                               const RequestKey& request) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
