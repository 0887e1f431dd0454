// CAA records as they stand in a zone (RFC 8659). Input: a record per line: an octet of flags, the
// tag, a blank, the value.
#include <algorithm>

#include "acme/caa.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kLongestExplanation = 4096;

CaaRecordSet RecordsIn(std::string_view lines) {
  CaaRecordSet set;
  set.name = "example.com";
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.empty()) continue;
    const std::string_view record = line.substr(1);
    const std::string_view tag = record.substr(0, record.find(' '));
    const std::string_view value = record.substr(std::min(record.size(), tag.size() + 1));
    set.records.push_back(
        {static_cast<std::uint8_t>(line.front()), std::string(tag), std::string(value)});
  }
  return set;
}

bool IsPermitted(const CaaRecordSet& set, const acme::CaaQuestion& question) {
  const acme::CaaDecision decision = DecideCaa(set, question);
  CheckPrintable(decision.explanation);
  CERTBROKER_CHECK(decision.explanation.size() <= kLongestExplanation);
  CERTBROKER_CHECK(decision.permitted || !decision.explanation.empty());
  return decision.permitted;
}

}  // namespace

bool Try(std::string_view input) {
  const CaaRecordSet set = RecordsIn(input);
  acme::CaaQuestion question;
  question.issuer_domain_names = {"ca.example"};
  const bool open = IsPermitted(set, question);
  // Whoever must also satisfy accounturi and validationmethods is permitted no more than before.
  question.account_url = "https://ca.example/acme/acct/1";
  question.challenge_type = "dns-01";
  const bool narrow = IsPermitted(set, question);
  CERTBROKER_CHECK(open || !narrow);
  question.wildcard = true;
  IsPermitted(set, question);
  // RFC 8659 §4.2: no record at all forbids nothing, and the order of records means nothing.
  CERTBROKER_CHECK(!set.records.empty() || open);
  CaaRecordSet reversed = set;
  std::reverse(reversed.records.begin(), reversed.records.end());
  question.wildcard = false;
  CERTBROKER_CHECK(IsPermitted(reversed, question) == narrow);
  return narrow;
}

}  // namespace certbroker::fuzz
