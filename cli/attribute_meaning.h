// cli/attribute_meaning.h: what an attribute of a private key proves, for people.
#pragma once

#include <string_view>

namespace certbroker::cli {

// One sentence without a full stop; empty for an attribute that nobody reads.
std::string_view MeaningOf(std::string_view attribute);

}  // namespace certbroker::cli
