#include "core/renewal.h"

#include "core/check.h"

namespace certbroker {

std::string_view ToString(WindowSource source) {
  switch (source) {
    case WindowSource::kLifetime:
      return "LIFETIME";
    case WindowSource::kCa:
      return "CA";
  }
  CERTBROKER_CHECK(false);
}

std::optional<WindowSource> WindowSourceFromName(std::string_view name) {
  for (const auto source : {WindowSource::kLifetime, WindowSource::kCa}) {
    if (ToString(source) == name) return source;
  }
  return std::nullopt;
}

}  // namespace certbroker
