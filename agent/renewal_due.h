// agent/renewal_due.h: whether an installed certificate is to be renewed by now, as the service's
// plan for it says.
#pragma once

#include <optional>

#include "agent/installed_state.h"
#include "agent/service_link.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::agent {

// Until when there is nothing to do; nothing: it is due, or the service knows no plan for what is
// installed (revoked, or replaced by a version that never arrived here). Errors: as GetCertificate.
Result<std::optional<Time>> NotDueUntil(const ServiceLink& service, const InstalledState& installed,
                                        Time now);

}  // namespace certbroker::agent
