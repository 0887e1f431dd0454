#include "core/domain_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4: 255 octets on the wire
constexpr std::size_t kMaxLabel = 63;

Error Invalid(std::string_view name, std::string_view why) {
  const std::string shown = Printable(name, 300);
  return Error(Reason::kNameInvalid,
               fmt::format("\"{}\" is not a DNS name a CA issues for: {}", shown, why))
      .With({shown, Reason::kNameInvalid, std::string(why)});
}

bool IsDigits(std::string_view label) {
  return std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// What is wrong with one label, or empty.
std::string LabelProblem(std::string_view label) {
  if (label.empty()) return "it has an empty label (two dots in a row, or one in front)";
  if (label.size() > kMaxLabel) {
    return fmt::format("the label \"{}…\" is longer than 63 octets", label.substr(0, 20));
  }
  for (const char c : label) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') continue;
    if (c == '_') {
      return "a label holds '_', which host names cannot (RFC 1123 §2.1); rename the host";
    }
    if (c == '*') return "'*' may only be the whole first label, as in *.example.com";
    return "a label holds a character other than letters, digits and '-'";
  }
  if (label.front() == '-' || label.back() == '-') {
    return fmt::format("the label \"{}\" begins or ends with '-'", label);
  }
  if (label.size() >= 4 && label.substr(2, 2) == "--" && !label.starts_with("xn--")) {
    return fmt::format(
        "the label \"{}\" has \"--\" in third place, reserved for A-labels (RFC 5891)", label);
  }
  return {};
}

}  // namespace

Result<DomainName> DomainName::Parse(std::string_view given) {
  if (std::ranges::any_of(given, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return Invalid(given, "it holds non-ASCII characters; give its A-label (xn--…) instead");
  }
  std::string text(given);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.ends_with('.')) text.pop_back();
  if (text.empty()) return Invalid(given, "it is empty");
  if (text.size() > kMaxName) {
    return Invalid(given, fmt::format("it is {} octets long; the limit is 253", text.size()));
  }

  std::string_view rest(text);
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  std::size_t labels = 0;
  std::string_view label;
  for (bool last = false; !last; ++labels) {
    const std::size_t dot = rest.find('.');
    last = dot == std::string_view::npos;
    label = rest.substr(0, dot);
    if (std::string problem = LabelProblem(label); !problem.empty()) return Invalid(given, problem);
    if (!last) rest.remove_prefix(dot + 1);
  }
  if (labels < 2) return Invalid(given, "it has one label only; public CAs need at least two");
  if (IsDigits(label))
    return Invalid(given, "it looks like an IP address; only DNS names are issued");
  return DomainName(std::move(text));
}

std::vector<DomainName> SortedUnique(std::vector<DomainName> names) {
  std::ranges::sort(names);
  // Not std::ranges::unique: clang 14 cannot compile the subrange that it returns.
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string JoinNames(const std::vector<DomainName>& names, std::string_view separator) {
  std::string out;
  for (const DomainName& name : names) {
    if (!out.empty()) out += separator;
    out += name.ToString();
  }
  return out;
}

}  // namespace certbroker
