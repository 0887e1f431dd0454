// cli/qualification_text.h: what `certbroker keystore qualify` prints.
//
// Pure. Findings are printable already.
#pragma once

#include <string>

#include "keystore/qualification.h"

namespace certbroker::cli {

// "works    sign ES256            20 signatures, each verified by OpenSSL", and what it means on a
// line of its own.
std::string FindingText(const keystore::Finding& finding);

// The last lines: whether certbroker can run on the token, with what, and what to do now.
std::string QualificationSummary(const keystore::QualificationReport& report);

// {"token": {"label", "serial", "manufacturer", "model"}, "can_run", "algorithms": ["ES256", …],
// "makes_keys", "clean", "interrupted", "findings": [{"step", "verdict", "seen", "meaning"}]}.
// Fields are added, never renamed.
std::string QualificationJson(const keystore::QualificationReport& report);

}  // namespace certbroker::cli
