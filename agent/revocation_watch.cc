#include "agent/revocation_watch.h"

#include <utility>

#include <fmt/format.h>

#include "agent/watch.h"
#include "client/status.h"

namespace certbroker::agent {

const v1::CertificateVersion* FindVersion(const v1::Certificate& certificate,
                                          const std::string& sha256) {
  if (certificate.current().sha256() == sha256) return &certificate.current();
  for (const auto& version : certificate.previous()) {
    if (version.sha256() == sha256) return &version;
  }
  return nullptr;
}

Result<RevokedVersion> WaitUntilRevoked(const ServiceLink& service, const std::string& certificate,
                                        const std::string& sha256, SteadyTime deadline) {
  const Watch watch({.clock = service.clock(),
                     .random = service.random(),
                     .stop = service.stop(),
                     .wait = client::WaitUnless(service.stop()),
                     .on_break = {}});
  v1::WatchCertificateRequest request;
  request.set_name(certificate);
  auto last = watch.Until<v1::WatchCertificateResponse>(
      [&](grpc::ClientContext* context) {
        return service.certificates().WatchCertificate(context, request);
      },
      [&](const v1::WatchCertificateResponse& message) {
        const auto* version = FindVersion(message.certificate(), sha256);
        return version == nullptr ||
               version->revocation().state() != v1::Revocation::REVOKE_REQUESTED;
      },
      deadline);
  if (!last) {
    const Reason reason = last.error().reason();
    if (reason != Reason::kDeadlineExceeded && reason != Reason::kCancelled) return last.error();
    return Error(reason, fmt::format("{}: the wish is on record, and the service goes on asking "
                                     "the CA; 'certbroker-agent status' tells how it ends",
                                     certificate));
  }
  const auto* version = FindVersion(last->certificate(), sha256);
  if (version == nullptr) {
    return Error(Reason::kInternal, certificate + " no longer has the version to be revoked");
  }
  if (version->revocation().state() == v1::Revocation::REVOKED) {
    return RevokedVersion{.certificate = last->certificate(), .version = *version};
  }
  return client::FromProto(version->revocation().error()).While("the CA did not revoke");
}

}  // namespace certbroker::agent
