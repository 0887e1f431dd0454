// tests/fakes/scripted_ca/flaw.h: the ways in which an issued certificate can be the wrong one.
#pragma once

#include <optional>
#include <string_view>

namespace certbroker::scripted_ca {

enum class Flaw {
  kNone,
  // The leaf.
  kForeignKey,   // not the CSR's
  kMissingName,  // without the first identifier
  kExtraName,    // with one that nobody ordered
  kExpired,
  kNotYetValid,
  kCenturies,  // valid for 200 years
  // The chain of the default download.
  kBrokenChain,  // an intermediate of the right name with another key
  kWrongOrder,   // intermediates before the leaf
  kLeafOnly,
  kTwice,      // each intermediate two times
  kLongChain,  // a dozen certificates
  kWithRoot,
  kEmpty,
  // Its text.
  kCrlf,
  kTextBefore,
  kGarbageAfter,
  kNoLastNewline,
  kTruncated,
  kDer,
  kHtml,
};

// "foreign_key" for kForeignKey, and so on; what scripts in JSON say.
std::string_view NameOf(Flaw flaw);
std::optional<Flaw> FlawFromName(std::string_view name);

}  // namespace certbroker::scripted_ca
