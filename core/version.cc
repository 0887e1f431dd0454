#include "core/version.h"

namespace certbroker {

std::string_view Version() { return CERTBROKER_VERSION; }

}  // namespace certbroker
