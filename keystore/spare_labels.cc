#include "keystore/spare_labels.h"

#include <charconv>

#include <fmt/format.h>

namespace certbroker::keystore {
namespace {

struct VersionedLabel {
  std::string_view stem;  // with "/v"
  int version = 0;
};

Result<VersionedLabel> SplitVersion(const std::string& label) {
  const std::size_t at = label.rfind("/v");
  if (at != std::string::npos) {
    const std::string_view digits = std::string_view(label).substr(at + 2);
    int version = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    // "v01" would name another key than the "v1" that comes out of it.
    const bool canonical = digits == std::to_string(version);
    if (code == std::errc() && end == digits.data() + digits.size() && canonical && version > 0 &&
        version < 1'000'000) {
      return VersionedLabel{std::string_view(label).substr(0, at + 2), version};
    }
  }
  return Error(Reason::kConfigInvalid,
               fmt::format("the label '{}' does not end in a version, as acme/ISSUER/main/v1 does, "
                           "so its spares have no names",
                           Printable(label, 80)));
}

}  // namespace

Result<std::vector<std::string>> WithSpares(const std::vector<std::string>& labels, int spares) {
  if (spares == 0) return labels;
  std::vector<std::string> all;
  for (const std::string& label : labels) {
    ASSIGN_OR_RETURN(const VersionedLabel first, SplitVersion(label));
    for (int i = 0; i <= spares; ++i) {
      all.push_back(fmt::format("{}{}", first.stem, first.version + i));
    }
  }
  return all;
}

}  // namespace certbroker::keystore
