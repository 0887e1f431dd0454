#include "core/pin_location.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::string_view kCredential = "credential:";
constexpr std::string_view kDescriptor = "fd:";
constexpr int kLastDescriptor = 65'535;

// What systemd takes for the name of a credential, without what a shell or a path could misread.
bool IsCredentialName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         std::ranges::all_of(name, plain);
}

Error BadPinLocation(std::string_view text, std::string_view why) {
  return {Reason::kConfigInvalid,
          fmt::format("\"{}\" says not where the PIN is: {}", Printable(text, 300), why)};
}

}  // namespace

Result<PinLocation> PinLocation::Parse(std::string_view text) {
  if (text.empty()) {
    return BadPinLocation(text, "give the path of a file, credential:NAME, or fd:N");
  }
  if (text.starts_with(kCredential)) {
    const std::string_view name = text.substr(kCredential.size());
    if (IsCredentialName(name)) return PinLocation{Form::kCredential, std::string(name), -1};
    return BadPinLocation(text, "a credential's name has letters, digits, '.', '-' and '_' only");
  }
  if (!text.starts_with(kDescriptor)) return PinLocation{Form::kFile, std::string(text), -1};
  const std::string_view digits = text.substr(kDescriptor.size());
  int number = -1;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = code == std::errc() && end == digits.data() + digits.size();
  if (!whole || number < 0 || number == 1 || number == 2 || number > kLastDescriptor) {
    return BadPinLocation(text,
                          "after fd: stands the number of an inherited descriptor, 0 or from 3");
  }
  return PinLocation{Form::kDescriptor, "", number};
}

}  // namespace certbroker
