#include "service/policy/wording.h"

#include <fmt/format.h>

#include "core/error.h"

namespace certbroker::policy {
namespace {
constexpr std::size_t kMaxShown = 5;  // in one sentence
}

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", Printable(text, 200)); }

std::string Joined(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < kMaxShown; ++i) {
    if (i > 0) out += ", ";
    out += items[i];
  }
  if (items.size() > kMaxShown) out += fmt::format(" and {} more", items.size() - kMaxShown);
  return out;
}

std::string ProfileName(std::string_view profile) {
  return profile.empty() ? "the CA's default" : Quoted(profile);
}

}  // namespace certbroker::policy
