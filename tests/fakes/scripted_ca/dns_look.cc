#include "tests/fakes/scripted_ca/dns_look.h"

#include <algorithm>
#include <charconv>

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kLabelOctets = 10;

// RFC 4648 §6, in lower case; whole groups of five octets only.
std::string Base32(ByteView octets) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr unsigned kBits = 5;
  std::string text;
  unsigned value = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : octets) {
    value = value << 8U | octet;
    for (bits += 8; bits >= kBits; bits -= kBits) {
      text += kAlphabet[value >> (bits - kBits) & 0x1FU];
    }
    value &= (1U << bits) - 1;
  }
  return text;
}

std::string Trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t") - from + 1));
}

std::vector<std::string> SplitBySemicolon(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(';');
    parts.push_back(Trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The value of "name=value" among `parts`; empty without one.
std::string ParameterOf(const std::vector<std::string>& parts, const std::string& name) {
  for (const std::string& part : parts) {
    if (part.starts_with(name + "="))
      return Trimmed(std::string_view(part).substr(name.size() + 1));
  }
  return {};
}

bool IsOver(const std::string& until, Time now) {
  if (until.empty()) return false;
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (code != std::errc() || end != until.data() + until.size()) return true;
  return now.time_since_epoch() >= std::chrono::seconds(seconds);
}

// "ca.example; accounturi=https://…; policy=wildcard; persistUntil=1767225600"
bool Persists(const std::string& record, const Question& question,
              const std::vector<std::string>& issuers) {
  const std::vector<std::string> parts = SplitBySemicolon(record);
  return std::find(issuers.begin(), issuers.end(), parts.front()) != issuers.end() &&
         ParameterOf(parts, "accounturi") == question.account_url &&
         (!question.wildcard || ParameterOf(parts, "policy") == "wildcard") &&
         !IsOver(ParameterOf(parts, "persistUntil"), question.asked);
}

std::string NameFor(const Question& question) {
  const std::string& base = question.identifier.value;
  if (question.type == "dns-persist-01") return "_validation-persist." + base;
  const std::string challenge = "_acme-challenge." + base;
  if (question.type == "dns-01") return challenge;
  return AccountLabel(question.account_url) + "." + challenge;
}

}  // namespace

std::string AccountLabel(const std::string& account_url) {
  return "_" + Base32(ByteView(Sha256Of(account_url)).first(kLabelOctets));
}

Verdict LookUp(const Question& question, const TxtLookup& lookup,
               const std::vector<std::string>& issuers) {
  const std::string name = NameFor(question);
  const auto records = lookup(name);
  if (!records) return records.problem();
  if (records->empty()) return Problem{403, "unauthorized", "no TXT record found at " + name};
  const std::string expected = Base64Url(DigestOf(question));
  const bool proven = std::any_of(records->begin(), records->end(), [&](const std::string& record) {
    return question.type == "dns-persist-01" ? Persists(record, question, issuers)
                                             : record == expected;
  });
  if (proven) return std::nullopt;
  return Problem{403, "incorrectResponse",
                 "none of the " + std::to_string(records->size()) + " TXT records at " + name +
                     " is the expected one"};
}

}  // namespace certbroker::scripted_ca
