// cli/key_use_text.h: uses of account keys for people.
#pragma once

#include <string>

#include "certbroker/v1/audit.pb.h"
#include "core/time.h"

namespace certbroker::cli {

std::string KeyUsesText(const v1::ListKeyUsesResponse& list, Time now);

}  // namespace certbroker::cli
