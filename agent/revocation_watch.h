// agent/revocation_watch.h: how a revocation that is on record ends.
#pragma once

#include <string>

#include "agent/service_link.h"
#include "core/result.h"

namespace certbroker::agent {

// The version with this SHA-256; nullptr: the certificate has none such.
const v1::CertificateVersion* FindVersion(const v1::Certificate& certificate,
                                          const std::string& sha256);

struct RevokedVersion {
  v1::Certificate certificate;
  v1::CertificateVersion version;  // the one that was to be revoked; not always the current one
};

// As soon as the CA has confirmed the revocation of the version with this SHA-256. Errors: why the
// CA refused; kDeadlineExceeded (the service goes on trying), kCancelled.
Result<RevokedVersion> WaitUntilRevoked(const ServiceLink& service, const std::string& certificate,
                                        const std::string& sha256, SteadyTime deadline);

}  // namespace certbroker::agent
