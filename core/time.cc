#include "core/time.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace certbroker {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// Reads a text from the left; every Take… either consumes what it names or leaves the reader
// failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  void Skip(std::string_view literal) {
    if (!rest_.starts_with(literal)) {
      ok_ = false;
      return;
    }
    rest_.remove_prefix(literal.size());
  }

  void SkipAnyOf(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
      ok_ = false;
      return;
    }
    rest_.remove_prefix(1);
  }

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  template <std::size_t N>
  int OneOf(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; i < N; ++i) {
      if (rest_.starts_with(words[i])) {
        rest_.remove_prefix(words[i].size());
        return static_cast<int>(i);
      }
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

// Postgres has no year 0.
constexpr Time kFirst = sys_days{year{1} / 1 / 1};
constexpr Time kEnd = sys_days{year{10'000} / 1 / 1};

struct CivilTime {
  int y, mo, d, h, mi, s;
};

std::optional<Time> ToTime(const CivilTime& c) {
  const year_month_day date{year{c.y}, month{static_cast<unsigned>(c.mo)},
                            day{static_cast<unsigned>(c.d)}};
  if (!date.ok() || c.h > 23 || c.mi > 59 || c.s > 60) return std::nullopt;
  const int second = c.s == 60 ? 59 : c.s;
  return Time{sys_days{date}} + hours{c.h} + minutes{c.mi} + seconds{second};
}

void ReadClock(Reader& in, CivilTime& c) {
  c.h = in.Digits(2);
  in.Skip(":");
  c.mi = in.Digits(2);
  in.Skip(":");
  c.s = in.Digits(2);
}

microseconds ReadFraction(Reader& in) {
  std::int64_t value = 0;
  int digits = 0;
  while (in.ok() && in.Peek() >= '0' && in.Peek() <= '9' && digits < 9) {
    const int digit = in.Digits(1);
    if (digits < 6) value = value * 10 + digit;
    ++digits;
  }
  if (digits == 0) in.Skip("0");  // a point needs a digit behind it
  for (int i = digits; i < 6; ++i) value *= 10;
  return microseconds{value};
}

std::optional<Time> FinishHttp(const Reader& in, const CivilTime& c) {
  if (!in.ok() || !in.AtEnd()) return std::nullopt;
  return ToTime(c);
}

std::optional<Time> ParseImfFixdate(std::string_view text) {  // Sun, 06 Nov 1994 08:49:37 GMT
  Reader in(text);
  CivilTime c{};
  in.OneOf(kDays);
  in.Skip(", ");
  c.d = in.Digits(2);
  in.Skip(" ");
  c.mo = in.OneOf(kMonths) + 1;
  in.Skip(" ");
  c.y = in.Digits(4);
  in.Skip(" ");
  ReadClock(in, c);
  in.Skip(" GMT");
  return FinishHttp(in, c);
}

std::optional<Time> ParseRfc850(std::string_view text,
                                Time now) {  // Sunday, 06-Nov-94 08:49:37 GMT
  Reader in(text);
  CivilTime c{};
  in.OneOf(kLongDays);
  in.Skip(", ");
  c.d = in.Digits(2);
  in.Skip("-");
  c.mo = in.OneOf(kMonths) + 1;
  in.Skip("-");
  const int two_digits = in.Digits(2);
  in.Skip(" ");
  ReadClock(in, c);
  in.Skip(" GMT");
  const int this_year =
      static_cast<int>(year_month_day{std::chrono::floor<std::chrono::days>(now)}.year());
  c.y = this_year - this_year % 100 + two_digits;
  // RFC 9110 §5.6.7: more than 50 years in the future means the most recent past year with these
  // digits.
  if (c.y > this_year + 50) c.y -= 100;
  return FinishHttp(in, c);
}

std::optional<Time> ParseAsctime(std::string_view text) {  // Sun Nov  6 08:49:37 1994
  Reader in(text);
  CivilTime c{};
  in.OneOf(kDays);
  in.Skip(" ");
  c.mo = in.OneOf(kMonths) + 1;
  in.Skip(" ");
  if (in.Peek() == ' ') {
    in.Skip(" ");
    c.d = in.Digits(1);
  } else {
    c.d = in.Digits(2);
  }
  in.Skip(" ");
  ReadClock(in, c);
  in.Skip(" ");
  c.y = in.Digits(4);
  return FinishHttp(in, c);
}

}  // namespace

std::string FormatRfc3339(Time time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date{days};
  const std::chrono::hh_mm_ss clock{time - days};
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:06}", clock.subseconds().count());
  return out + "Z";
}

std::optional<Time> ParseRfc3339(std::string_view text) {
  Reader in(text);
  CivilTime c{};
  c.y = in.Digits(4);
  in.Skip("-");
  c.mo = in.Digits(2);
  in.Skip("-");
  c.d = in.Digits(2);
  in.SkipAnyOf("Tt");
  ReadClock(in, c);
  microseconds fraction{0};
  if (in.Peek() == '.') {
    in.Skip(".");
    fraction = ReadFraction(in);
  }
  minutes offset{0};
  if (in.Peek() == '+' || in.Peek() == '-') {
    const int sign = in.Peek() == '-' ? -1 : 1;
    in.SkipAnyOf("+-");
    const int offset_hours = in.Digits(2);
    in.Skip(":");
    const int offset_minutes = in.Digits(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = minutes{sign * (offset_hours * 60 + offset_minutes)};
  } else {
    in.SkipAnyOf("Zz");
  }
  if (!in.ok() || !in.AtEnd()) return std::nullopt;
  const auto local = ToTime(c);
  if (!local) return std::nullopt;
  const Time time = *local + fraction - offset;
  // An offset may lead out of the years that four digits can say; such a time could not be read
  // back.
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

std::optional<Time> ParseHttpDate(std::string_view text, Time now) {
  if (const auto time = ParseImfFixdate(text)) return time;
  if (const auto time = ParseRfc850(text, now)) return time;
  return ParseAsctime(text);
}

}  // namespace certbroker
