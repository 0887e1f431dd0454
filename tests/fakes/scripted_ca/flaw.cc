#include "tests/fakes/scripted_ca/flaw.h"

#include <array>
#include <utility>

namespace certbroker::scripted_ca {
namespace {

constexpr auto kFlawNames = std::to_array<std::pair<Flaw, std::string_view>>({
    {Flaw::kNone, "none"},
    {Flaw::kForeignKey, "foreign_key"},
    {Flaw::kMissingName, "missing_name"},
    {Flaw::kExtraName, "extra_name"},
    {Flaw::kExpired, "expired"},
    {Flaw::kNotYetValid, "not_yet_valid"},
    {Flaw::kCenturies, "centuries"},
    {Flaw::kBrokenChain, "broken_chain"},
    {Flaw::kWrongOrder, "wrong_order"},
    {Flaw::kLeafOnly, "leaf_only"},
    {Flaw::kTwice, "twice"},
    {Flaw::kLongChain, "long_chain"},
    {Flaw::kWithRoot, "with_root"},
    {Flaw::kEmpty, "empty"},
    {Flaw::kCrlf, "crlf"},
    {Flaw::kTextBefore, "text_before"},
    {Flaw::kGarbageAfter, "garbage_after"},
    {Flaw::kNoLastNewline, "no_last_newline"},
    {Flaw::kTruncated, "truncated"},
    {Flaw::kDer, "der"},
    {Flaw::kHtml, "html"},
});

}  // namespace

std::string_view NameOf(Flaw flaw) {
  for (const auto& [value, name] : kFlawNames) {
    if (value == flaw) return name;
  }
  return "unknown";
}

std::optional<Flaw> FlawFromName(std::string_view name) {
  for (const auto& [value, text] : kFlawNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace certbroker::scripted_ca
