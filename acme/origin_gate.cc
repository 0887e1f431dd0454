#include "acme/origin_gate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace certbroker::acme {

OriginGate::OriginGate(const HttpsUrl& directory, const std::vector<HttpsUrl>& extra) {
  origins_.push_back(directory.origin());
  for (const HttpsUrl& url : extra) origins_.push_back(url.origin());
}

Result<void> OriginGate::Check(const HttpsUrl& url) const {
  // An empty URL has an empty origin, which no directory has.
  if (!url.empty() && std::ranges::find(origins_, url.origin()) != origins_.end()) return {};
  return Error(Reason::kCaBadAnswer,
               fmt::format("the CA sent the URL \"{}\", which is not of a server allowed for this "
                           "issuer ({}); if the CA really uses it, add its origin to the issuer's "
                           "configuration",
                           Printable(url.ToString(), 200), fmt::join(origins_, ", ")));
}

}  // namespace certbroker::acme
