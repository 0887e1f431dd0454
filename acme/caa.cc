#include "acme/caa.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "acme/ascii.h"
#include "core/error.h"

namespace certbroker::acme {
namespace {

constexpr std::uint8_t kCritical = 0x80;  // RFC 8659 §4.1, bit 0

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The value of an issue or issuewild property (RFC 8659 §4.2).
struct IssueValue {
  std::string issuer;  // empty: nobody may
  Parameters parameters;
};

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits, and hyphens between them: a label, or the tag of a parameter.
bool IsLabel(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

bool IsIssuerName(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::optional<std::pair<std::string, std::string>> ParseParameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view tag = Trimmed(text.substr(0, equals));
  const std::string_view value = Trimmed(text.substr(equals + 1));
  const bool visible = std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!IsLabel(tag) || !visible) return std::nullopt;
  return std::pair(Lower(tag), std::string(value));
}

// nullopt: it does not follow the grammar, and then names nobody (RFC 8659 §4.2).
std::optional<IssueValue> ParseIssueValue(std::string_view text) {
  IssueValue result;
  std::size_t semicolon = text.find(';');
  const std::string_view issuer = Trimmed(text.substr(0, semicolon));
  if (!issuer.empty() && !IsIssuerName(issuer)) return std::nullopt;
  result.issuer = Lower(issuer);
  while (semicolon != std::string_view::npos) {
    text.remove_prefix(semicolon + 1);
    semicolon = text.find(';');
    const std::string_view piece = Trimmed(text.substr(0, semicolon));
    if (piece.empty()) continue;
    auto parameter = ParseParameter(piece);
    if (!parameter) return std::nullopt;
    result.parameters.push_back(*std::move(parameter));
  }
  return result;
}

std::vector<std::string> ValuesOf(const Parameters& parameters, std::string_view tag) {
  std::vector<std::string> values;
  for (const auto& [name, value] : parameters) {
    if (name == tag) values.push_back(value);
  }
  return values;
}

bool ListHolds(std::string_view list, std::string_view wanted) {
  bool found = false;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view method = Trimmed(list.substr(0, comma));
    // RFC 8657 §4: one malformed method spoils the parameter.
    if (!IsLabel(method)) return false;
    found = found || method == wanted;
    if (comma == std::string_view::npos) return found;
    list.remove_prefix(comma + 1);
  }
}

// RFC 8657 §3 and §4: what in the parameters is not met, or empty. More than one of a kind can
// never be met.
std::string UnmetParameter(const Parameters& parameters, const CaaQuestion& question) {
  const auto accounts = ValuesOf(parameters, "accounturi");
  if (accounts.size() > 1) return "has more than one accounturi";
  if (!accounts.empty() && !question.account_url.empty() &&
      accounts.front() != question.account_url) {
    return fmt::format("is for the account {}, and ours is {}", Printable(accounts.front(), 300),
                       question.account_url);
  }
  const auto methods = ValuesOf(parameters, "validationmethods");
  if (methods.size() > 1) return "has more than one validationmethods";
  if (!methods.empty() && !question.challenge_type.empty() &&
      !ListHolds(methods.front(), question.challenge_type)) {
    return fmt::format("allows the validation methods {} only, not {}",
                       Printable(methods.front(), 200), question.challenge_type);
  }
  return {};
}

// Why this record does not let the CA issue, or empty when it does.
std::string WhyNot(const CaaRecord& record, const CaaQuestion& question) {
  const auto value = ParseIssueValue(record.value);
  if (!value) return "is malformed, so it names nobody";
  if (value->issuer.empty()) return "forbids every CA";
  const bool ours = std::ranges::any_of(
      question.issuer_domain_names, [&](const auto& name) { return Lower(name) == value->issuer; });
  if (!ours) return "names another CA";
  return UnmetParameter(value->parameters, question);
}

// Beside the three of RFC 8659 those that concern no TLS certificate (RFC 9495, CA/B Forum).
bool IsKnown(std::string_view tag) {
  constexpr std::string_view kTags[] = {"issue",        "issuewild",    "iodef",
                                        "contactemail", "contactphone", "issuemail"};
  return std::ranges::find(kTags, tag) != std::end(kTags);
}

std::string Show(const std::string& name, const CaaRecord& record) {
  return fmt::format("{} CAA {} {} \"{}\"", name, record.flags, Printable(record.tag, 30),
                     Printable(record.value, 300));
}

std::string RecordToAdd(const std::string& name, std::string_view tag,
                        const CaaQuestion& question) {
  if (question.issuer_domain_names.empty()) {
    return "the CA does not say by which name it is known in CAA records; ask its documentation";
  }
  return fmt::format("add: {}. CAA 0 {} \"{}\"", name, tag, question.issuer_domain_names.front());
}

CaaDecision Refuse(std::string explanation) { return {false, std::move(explanation)}; }

}  // namespace

CaaDecision DecideCaa(const CaaRecordSet& set, const CaaQuestion& question) {
  std::string_view relevant_tag = "issue";
  for (const CaaRecord& record : set.records) {
    const std::string tag = Lower(record.tag);
    if ((record.flags & kCritical) != 0 && !IsKnown(tag)) {
      return Refuse(
          fmt::format("{}: a critical property that CAs do not know forbids to issue; remove "
                      "it or its flag 128",
                      Show(set.name, record)));
    }
    // RFC 8659 §4.3: with an issuewild, issue does not count for a wildcard.
    if (question.wildcard && tag == "issuewild") relevant_tag = "issuewild";
  }
  // A zone may hold any number of records; a few tell what is wrong.
  constexpr std::size_t kShown = 3;
  std::string reasons;
  std::size_t in_the_way = 0;
  for (const CaaRecord& record : set.records) {
    if (Lower(record.tag) != relevant_tag) continue;
    const std::string why_not = WhyNot(record, question);
    if (why_not.empty()) return {};
    if (++in_the_way > kShown) continue;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : "; ", Show(set.name, record), why_not);
  }
  if (reasons.empty()) return {};
  if (in_the_way > kShown) reasons += fmt::format("; and {} more records", in_the_way - kShown);
  return Refuse(fmt::format("{}; {}", reasons, RecordToAdd(set.name, relevant_tag, question)));
}

}  // namespace certbroker::acme
