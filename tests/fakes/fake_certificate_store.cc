#include "tests/fakes/fake_certificate_store.h"

#include <algorithm>
#include <utility>

namespace certbroker::fakes {
namespace {

Error NoSuchCertificate() { return {Reason::kNotFound, "there is no such certificate"}; }

// With what other tables know: the latest order's state and the revocations.
ManagedCertificate AsRead(const State& state, const ManagedCertificate& stored) {
  ManagedCertificate read = stored;
  read.latest_order_state = state.orders.at(stored.latest_order).order.state;
  for (CertificateVersion& version : read.versions) {
    const auto plan = state.renewals.find(version.order);
    version.renewal.reset();
    if (plan != state.renewals.end() && !plan->second.ended)
      version.renewal = plan->second.renewal.plan;
    for (const auto& [id, row] : state.revocations) {
      if (row.order == version.order) version.revocation = row.revocation;
    }
  }
  return read;
}

const ManagedCertificate* Find(const State& state, CertificateId id,
                               const std::optional<AgentId>& owner) {
  const auto found = state.certificates.find(id);
  if (found == state.certificates.end()) return nullptr;
  return owner && found->second.agent != *owner ? nullptr : &found->second;
}

const CertificateVersion* FindVersion(const ManagedCertificate& certificate,
                                      const std::optional<Bytes>& sha256) {
  if (!sha256) return certificate.current();
  for (const CertificateVersion& version : certificate.versions) {
    if (version.sha256 == *sha256) return &version;
  }
  return nullptr;
}

// False: it is revoked, or about to be.
bool Request(State& state, OrderId version, const NewRevocation& asked, const CallerId& caller) {
  RevocationRow* row = nullptr;
  for (auto& [id, candidate] : state.revocations) {
    if (candidate.order == version) row = &candidate;
  }
  if (row == nullptr) {
    row = &state.revocations[asked.id];
    row->revocation.id = asked.id;
    row->order = version;
  } else if (row->revocation.state == RevocationState::kFailed) {
    ++row->lease.fence.value;
  } else {
    return false;
  }
  row->revocation.state = RevocationState::kRequested;
  row->revocation.reason = asked.reason;
  row->revocation.requested_by = caller;
  row->revocation.request_time = state.now;
  row->revocation.failure.reset();
  row->failures = 0;
  row->lease.GiveBack(state.now);
  return true;
}

}  // namespace

Result<ManagedCertificate> FakeCertificateStore::Get(CertificateId id,
                                                     const std::optional<AgentId>& owner) {
  return tables_.Call<ManagedCertificate>([&](State& state) -> Result<ManagedCertificate> {
    const ManagedCertificate* certificate = Find(state, id, owner);
    if (certificate == nullptr) return NoSuchCertificate();
    return AsRead(state, *certificate);
  });
}

Result<ManagedCertificate> FakeCertificateStore::FindBySha256(const Bytes& sha256,
                                                              const std::optional<AgentId>& owner) {
  return tables_.Call<ManagedCertificate>([&](State& state) -> Result<ManagedCertificate> {
    for (const auto& [id, certificate] : state.certificates) {
      if (owner && certificate.agent != *owner) continue;
      if (FindVersion(certificate, sha256) != nullptr) return AsRead(state, certificate);
    }
    return NoSuchCertificate();
  });
}

Result<Page<ManagedCertificate>> FakeCertificateStore::List(const CertificateFilter& filter,
                                                            const PageRequest& page) {
  const std::string list = "certificates " + (filter.agent ? filter.agent->ToString() : "") + " " +
                           (filter.name ? filter.name->ToString() : "");
  return tables_.Call<Page<ManagedCertificate>>([&](State& state) {
    std::vector<ManagedCertificate> certificates;
    for (auto row = state.certificates.rbegin(); row != state.certificates.rend(); ++row) {
      const ManagedCertificate& certificate = row->second;
      if (filter.agent && certificate.agent != *filter.agent) continue;
      if (filter.name && std::ranges::count(certificate.names, *filter.name) == 0) continue;
      certificates.push_back(AsRead(state, certificate));
    }
    return PageOf(certificates, page, list,
                  [](const ManagedCertificate& c) { return c.id.ToString(); });
  });
}

Result<ManagedCertificate> FakeCertificateStore::RequestRevocation(
    const NewRevocation& revocation, const std::optional<AgentId>& owner,
    const RequestKey& request) {
  return tables_.Call<ManagedCertificate>([&](State& state) -> Result<ManagedCertificate> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) return AsRead(state, state.certificates.at(*CertificateId::Parse(*earlier)));
    const ManagedCertificate* certificate = Find(state, revocation.certificate, owner);
    if (certificate == nullptr) return NoSuchCertificate();
    const CertificateVersion* version = FindVersion(*certificate, revocation.sha256);
    if (version == nullptr && revocation.sha256) return NoSuchCertificate();
    if (version == nullptr) {
      return Error(Reason::kCertificateNotIssued, "the certificate has not been issued yet");
    }
    for (const auto& [id, row] : state.revocations) {
      if (row.order != version->order || row.revocation.state == RevocationState::kFailed) continue;
      RETURN_IF_ERROR(AnswersRevocation(row.revocation, revocation.reason));
    }
    Remember(state, request, revocation.certificate.ToString());
    if (Request(state, version->order, revocation, request.caller)) {
      state.Tell(Channel::kCertificate, revocation.certificate.ToString());
      state.Tell(Channel::kWork);
    }
    return AsRead(state, *certificate);
  });
}

}  // namespace certbroker::fakes
