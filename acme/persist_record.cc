#include "acme/persist_record.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "acme/ascii.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

// The year 9999 in seconds: more is nothing that anybody means.
constexpr std::int64_t kLatest = 253'402'300'799;

Error Malformed(std::string_view why) {
  return {Reason::kInvalidArgument,
          fmt::format("the record is malformed, so a CA ignores it: {}", why)};
}

std::string DomainKey(std::string_view domain) {
  std::string key = Lower(domain);
  if (key.ends_with('.')) key.pop_back();
  return key;
}

// RFC 8659 §4.2: printable ASCII but ';'.
bool IsValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != ';'; });
}

Result<Time> ReadUntil(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 0 ||
      number > kLatest) {
    return Malformed(fmt::format("persistUntil \"{}\" is no number of seconds since 1970",
                                 Printable(value, 40)));
  }
  return Time(std::chrono::seconds(number));
}

// Collects the parameters of one record.
class RecordReader {
 public:
  Result<void> Read(std::string_view parameter) {
    if (parameter.empty()) return Malformed("there is a ';' with nothing behind it");
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      return Malformed(fmt::format("\"{}\" is no tag=value", Printable(parameter, 60)));
    }
    const std::string tag = Lower(Trimmed(parameter.substr(0, equals)));
    const std::string_view value = Trimmed(parameter.substr(equals + 1));
    if (tag.empty() || !IsValue(value)) {
      return Malformed(
          fmt::format("\"{}\" has no tag, or a value with white space or non-ASCII "
                      "characters",
                      Printable(parameter, 60)));
    }
    if (tag == "accounturi") return Set(account_, tag, value);
    if (tag == "policy") return Set(policy_, tag, value);
    if (tag == "persistuntil") return Set(until_, tag, value);
    return {};
  }

  Result<PersistRecord> Finish(std::string_view issuer) const {
    PersistRecord record;
    record.issuer_domain = DomainKey(issuer);
    if (!account_) return Malformed("it has no accounturi, which is required");
    auto url = HttpsUrl::Parse(*account_);
    if (!url) return Malformed("its accounturi is no https URL");
    record.account_url = *std::move(url);
    record.wildcard = policy_ && Lower(*policy_) == "wildcard";
    if (until_) {
      ASSIGN_OR_RETURN(record.until, ReadUntil(*until_));
    }
    return record;
  }

 private:
  static Result<void> Set(std::optional<std::string_view>& member, std::string_view tag,
                          std::string_view value) {
    if (member) return Malformed(fmt::format("{} stands there twice", tag));
    member = value;
    return {};
  }

  std::optional<std::string_view> account_;
  std::optional<std::string_view> policy_;
  std::optional<std::string_view> until_;
};

bool IsOf(std::string_view issuer, const PersistNeed& need) {
  return std::ranges::any_of(need.issuer_domains, [&](const std::string& domain) {
    return DomainKey(domain) == DomainKey(issuer);
  });
}

// Why it does not do; empty: it does.
std::string Shortcoming(const PersistRecord& record, const PersistNeed& need, Time now) {
  if (record.account_url != need.account_url) {
    return fmt::format("is for another account, {}; ours is {}",
                       Printable(record.account_url.ToString(), 200), need.account_url.ToString());
  }
  if (need.wildcard && !record.wildcard) {
    return "does not cover wildcards; add policy=wildcard";
  }
  if (record.until && *record.until < now) {
    return fmt::format("has ended at {}; raise persistUntil, or leave it out",
                       FormatRfc3339(*record.until));
  }
  return {};
}

// One that lasts for ever has no end.
bool Outlasts(const std::optional<Time>& a, const std::optional<Time>& b) {
  return b && (!a || *a > *b);
}

void Take(PersistVerdict& verdict, const PersistRecord& record) {
  if (!verdict.sufficient || Outlasts(record.until, verdict.until)) verdict.until = record.until;
  verdict.sufficient = true;
}

}  // namespace

std::string PersistRecordName(const Identifier& name) {
  CERTBROKER_CHECK(!name.is_ip());
  return fmt::format("_validation-persist.{}", name.base());
}

std::string PersistRecordText(const PersistRecord& record) {
  std::string text =
      fmt::format("{}; accounturi={}", record.issuer_domain, record.account_url.ToString());
  if (record.wildcard) text += "; policy=wildcard";
  if (record.until) {
    const auto end = std::chrono::floor<std::chrono::seconds>(record.until->time_since_epoch());
    text += fmt::format("; persistUntil={}", end.count());
  }
  return text;
}

Result<PersistRecord> ParsePersistRecord(std::string_view text) {
  const std::size_t end = text.find(';');
  const std::string_view issuer = Trimmed(text.substr(0, end));
  const std::string domain = DomainKey(issuer);
  if (domain.empty() || domain.ends_with('.') || !IsValue(domain)) {
    return Malformed("it does not begin with a CA's name");
  }
  RecordReader reader;
  for (std::size_t at = end; at != std::string_view::npos;) {
    const std::size_t next = text.find(';', at + 1);
    const std::size_t size = next == std::string_view::npos ? next : next - at - 1;
    RETURN_IF_ERROR(reader.Read(Trimmed(text.substr(at + 1, size))));
    at = next;
  }
  return reader.Finish(issuer);
}

PersistVerdict JudgePersistRecords(const std::vector<std::string>& texts, const PersistNeed& need,
                                   Time now) {
  PersistVerdict verdict;
  for (const std::string& text : texts) {
    if (!IsOf(Trimmed(std::string_view(text).substr(0, text.find(';'))), need)) continue;
    const auto record = ParsePersistRecord(text);
    const std::string wrong = record ? Shortcoming(*record, need, now) : record.error().detail();
    if (wrong.empty()) {
      Take(verdict, *record);
    } else {
      verdict.remarks.push_back(fmt::format("\"{}\": {}", Printable(text, 300), wrong));
    }
  }
  if (verdict.until && *verdict.until - now < need.warn_before) {
    verdict.remarks.push_back(fmt::format("the record ends at {}; raise persistUntil before that",
                                          FormatRfc3339(*verdict.until)));
  }
  return verdict;
}

}  // namespace certbroker::acme
