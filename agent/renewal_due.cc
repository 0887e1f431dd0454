#include "agent/renewal_due.h"

#include <chrono>

namespace certbroker::agent {

Result<std::optional<Time>> NotDueUntil(const ServiceLink& service, const InstalledState& installed,
                                        Time now) {
  v1::GetCertificateRequest request;
  request.set_name(installed.certificate);
  ASSIGN_OR_RETURN(
      const v1::Certificate certificate,
      service.calls().Unary(service.certificates(),
                            &v1::CertificateService::StubInterface::GetCertificate, request));
  const v1::CertificateVersion& current = certificate.current();
  if (current.serial() != installed.serial || !current.has_renewal()) return std::optional<Time>();
  const Time renew_time{std::chrono::seconds{current.renewal().renew_time().seconds()}};
  return renew_time > now ? std::optional(renew_time) : std::nullopt;
}

}  // namespace certbroker::agent
