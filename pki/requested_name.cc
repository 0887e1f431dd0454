#include "pki/requested_name.h"

#include <libpsl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <idn2.h>

#include "core/check.h"

namespace certbroker::pki {
namespace {

// 253 characters of at most four octets; more cannot become a name, and Unicode normalisation of
// megabytes is not free.
constexpr std::size_t kMaxUnicodeBytes = 253UL * 4;

Error Invalid(std::string_view name, std::string_view why) {
  const std::string shown = Printable(name, 300);
  return Error(Reason::kNameInvalid,
               fmt::format("\"{}\" cannot be put into a certificate: {}", shown, why))
      .With({shown, Reason::kNameInvalid, std::string(why)});
}

struct Idn2Deleter {
  void operator()(void* memory) const { idn2_free(memory); }
};
template <class T>
using Idn2Ptr = std::unique_ptr<T, Idn2Deleter>;

// Not IDN2_USE_STD3_ASCII_RULES: libidn2 2.3 *drops* what that flag disallows, and would call
// "_ü.example" by the name of "ü.example". Identifier::Parse applies those rules to the result.
constexpr int kIdnaFlags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;

// IDNA2008 alone, without UTS #46's mapping.
constexpr int kUnmapped = IDN2_NO_TR46 | IDN2_NFC_INPUT;

std::optional<std::string> ToAscii(const std::string& name, int flags = kIdnaFlags) {
  char* ascii = nullptr;
  if (idn2_to_ascii_8z(name.c_str(), &ascii, flags) != IDN2_OK) return std::nullopt;
  return Idn2Ptr<char>(ascii).get();
}

std::optional<std::string> ToUnicode(const std::string& name) {
  char* unicode = nullptr;
  if (idn2_to_unicode_8z8z(name.c_str(), &unicode, kIdnaFlags) != IDN2_OK) return std::nullopt;
  return Idn2Ptr<char>(unicode).get();
}

// Why `label`, which begins with "xn--", is no A-label; nothing if it is one.
std::optional<std::string> ALabelProblem(const std::string& label) {
  // Decodes, checks the U-label by the rules for registration, encodes again and compares.
  std::uint8_t* inserted = nullptr;
  const int code = idn2_register_u8(nullptr, reinterpret_cast<const std::uint8_t*>(label.c_str()),
                                    &inserted, /*flags=*/0);
  const Idn2Ptr<std::uint8_t> owned(inserted);
  if (code == IDN2_OK) return std::nullopt;
  return idn2_strerror(code);
}

Result<void> CheckALabels(const Identifier& name, std::string_view given) {
  for (std::string_view rest = name.base(); !rest.empty();) {
    const std::string label(rest.substr(0, rest.find('.')));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    if (!label.starts_with("xn--")) continue;
    if (const auto problem = ALabelProblem(label)) {
      return Invalid(given, fmt::format("the label \"{}\" is not a valid A-label of IDNA2008 ({})",
                                        label, *problem));
    }
  }
  return {};
}

Result<void> CheckWildcard(const Identifier& name, std::string_view given) {
  if (!name.is_wildcard()) return {};
  const psl_ctx_t* list = psl_builtin();
  CERTBROKER_CHECK(list != nullptr);  // a libpsl without a list: a broken installation
  const std::string base(name.base());
  // Not the list's default rule "*": names of private roots (".internal") are not on the list.
  if (psl_is_public_suffix2(list, base.c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 0) {
    return {};
  }
  return Invalid(given, fmt::format("\"{}\" is a public suffix, below which strangers register "
                                    "names; ask for a wildcard on a name of your own",
                                    base));
}

Result<Identifier> ParseAscii(std::string_view text) {
  ASSIGN_OR_RETURN(Identifier name, Identifier::Parse(text));
  if (name.is_ip()) return name;
  RETURN_IF_ERROR(CheckALabels(name, text));
  RETURN_IF_ERROR(CheckWildcard(name, text));
  return name;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// libidn2 works on C strings: a NUL would hide what stands behind it.
bool CanBeConverted(std::string_view text) {
  return text.size() <= kMaxUnicodeBytes && text.find('\0') == std::string_view::npos;
}

// The ASCII form of a name in Unicode, if it has exactly one. Not checked beyond IDNA.
std::optional<std::string> AsciiForm(std::string_view text) {
  if (!CanBeConverted(text)) return std::nullopt;
  const std::string prefix(text.starts_with("*.") ? "*." : "");  // '*' has no place in IDNA
  const auto ascii = ToAscii(std::string(text.substr(prefix.size())));
  if (!ascii) return std::nullopt;
  const auto unicode = ToUnicode(*ascii);
  if (!unicode || ToAscii(*unicode) != ascii) return std::nullopt;
  return prefix + *ascii;
}

// The A-labels of a name in U-labels; nothing if it is none. Not checked beyond IDNA.
std::optional<std::string> FromULabels(std::string_view text) {
  if (!CanBeConverted(text)) return std::nullopt;
  const std::string prefix(text.starts_with("*.") ? "*." : "");
  std::string rest(text.substr(prefix.size()));
  for (char& c : rest) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto ascii = ToAscii(rest, kUnmapped);
  if (!ascii) return std::nullopt;
  return prefix + *ascii;
}

}  // namespace

Result<Identifier> ParseTypedName(std::string_view text) {
  if (const auto ascii = IsAscii(text) ? std::nullopt : FromULabels(text)) {
    auto name = ParseAscii(*ascii);
    if (name && !name->is_ip()) return name;
  }
  return ParseRequestedName(text);
}

Result<Identifier> ParseRequestedName(std::string_view text) {
  if (IsAscii(text)) return ParseAscii(text);
  const auto ascii = AsciiForm(text);
  if (!ascii) return Invalid(text, "it holds characters that no host name can have (IDNA2008)");
  const auto name = ParseAscii(*ascii);
  if (!name) {
    return Invalid(text, fmt::format("it is not ASCII, and its ASCII form will not do either: {}",
                                     name.error().detail()));
  }
  if (name->is_ip()) {
    return Invalid(
        text, fmt::format("it is not ASCII, and would be the IP address {}", name->ToString()));
  }
  return Invalid(text, fmt::format("it is not ASCII; in DNS it is written \"{}\": ask for that if "
                                   "it is the name you mean",
                                   name->ToString()));
}

}  // namespace certbroker::pki
