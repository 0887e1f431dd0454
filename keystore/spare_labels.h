// keystore/spare_labels.h: the names of an account's keys to come.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace certbroker::keystore {

inline constexpr int kMaxSpares = 100;

// Each label followed by those of its `spares` next versions: "acme/pebble/main/v1" and 2 give
// "…/v1", "…/v2", "…/v3". A spare waits in the token until a roll-over takes it, so that the
// service never has to write there. kConfigInvalid: a label that does not end in /v and a number,
// when spares are asked for.
Result<std::vector<std::string>> WithSpares(const std::vector<std::string>& labels, int spares);

}  // namespace certbroker::keystore
