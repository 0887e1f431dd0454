// agent/service_check.h: why this host and the service do not come together, where gRPC says only
// that there is no connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "pki/certificate.h"

namespace certbroker::agent {

// The certificate in `chain` with that SHA-256 (DER): the CA that a join token names.
// kJoinTokenInvalid, which says that somebody may be in between: it is not there.
Result<pki::Certificate> FindPinned(const std::vector<pki::Certificate>& chain,
                                    const Bytes& ca_sha256, const std::string& address);

// Whether the service's certificate is valid by this host's clock. kClockSkew, with the dates of
// both: nothing else is to blame for a connection that does not come about.
Result<void> CheckDates(const std::vector<pki::Certificate>& chain, const std::string& address,
                        const Clock& clock);

// Looks at the service (ChainShownBy) and says what CheckDates does; nothing when that is not it.
std::optional<Error> WhyUnreachable(const std::string& address, const Clock& clock);

}  // namespace certbroker::agent
