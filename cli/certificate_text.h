// cli/certificate_text.h: managed certificates for people. Pure; printable, whatever the service
// says.
#pragma once

#include <string>

#include "certbroker/v1/certificate.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// One line per certificate; says so where there are more, or none.
std::string CertificatesText(const v1::ListCertificatesResponse& list, Time now);

// Everything about one certificate but its chain: its fields, its current version, its revocation,
// the versions before.
std::string CertificateText(const v1::Certificate& certificate, Time now);

}  // namespace certbroker::cli
