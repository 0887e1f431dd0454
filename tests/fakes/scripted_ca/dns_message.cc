#include "tests/fakes/scripted_ca/dns_message.h"

#include <algorithm>

namespace certbroker::scripted_ca {
namespace {

constexpr std::uint16_t kTypeCname = 5;
constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kRoom = 4096;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kTruncated = 0x0200;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kCodeMask = 0x000F;
constexpr std::uint8_t kPointer = 0xC0;
constexpr std::size_t kLongestWireLabel = 63;
constexpr std::size_t kLongestWireName = 253;

void Put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

bool PutName(Bytes& out, std::string_view name) {
  if (name.empty() || name.size() > kLongestWireName) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kLongestWireLabel) return false;
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    if (label.size() == name.size()) break;
    name.remove_prefix(label.size() + 1);
  }
  out.push_back(0);
  return true;
}

// Walks over a message; after the first octet that is not there everything is 0 and ok() false.
class MessageReader {
 public:
  explicit MessageReader(ByteView message) : message_(message) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  void MoveTo(std::size_t at) {
    ok_ = ok_ && at <= message_.size();
    at_ = at;
  }

  std::uint8_t Octet() {
    if (!ok_ || at_ >= message_.size()) {
      ok_ = false;
      return 0;
    }
    return message_[at_++];
  }
  std::uint16_t Number() {
    const unsigned high = Octet();
    return static_cast<std::uint16_t>(high << 8U | Octet());
  }
  std::string Text(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size && ok_; ++i) text += static_cast<char>(Octet());
    return text;
  }

  // RFC 1035 §4.1.4: a pointer leads to an earlier place, so every chain of them ends.
  std::string Name() {
    std::string name;
    std::optional<std::size_t> after;  // the first pointer
    std::size_t limit = at_;
    for (std::uint8_t length = Octet(); ok_ && length != 0; length = Octet()) {
      if (length >= kPointer) {
        const std::size_t target = static_cast<std::size_t>(length - kPointer) << 8U | Octet();
        if (!after) after = at_;
        ok_ = ok_ && target < limit;
        limit = target;
        at_ = target;
        continue;
      }
      name += (name.empty() ? "" : ".") + Text(length);
      ok_ = ok_ && name.size() <= kLongestWireName;
    }
    if (after) at_ = *after;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
  }

 private:
  ByteView message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

void SkipQuestions(MessageReader& in, unsigned count) {
  for (unsigned i = 0; i < count && in.ok(); ++i) {
    in.Name();
    in.Number();
    in.Number();
  }
}

// RFC 1035 §3.3.14: character strings up to the end of the data.
std::string JoinedStrings(MessageReader& in, std::size_t end) {
  std::string text;
  while (in.ok() && in.at() < end) text += in.Text(in.Octet());
  return text;
}

void ReadRecord(MessageReader& in, std::vector<DnsAnswer::Record>& records) {
  DnsAnswer::Record record;
  record.owner = in.Name();
  const std::uint16_t type = in.Number();
  in.Number();  // class
  in.Number();  // time to live, two halves
  in.Number();
  const std::size_t size = in.Number();
  const std::size_t end = in.at() + size;
  if (type == kTypeCname) record.alias = in.Name();
  if (type == kTypeTxt) record.text = JoinedStrings(in, end);
  in.MoveTo(end);
  if (in.ok() && (type == kTypeTxt || type == kTypeCname)) records.push_back(std::move(record));
}

}  // namespace

std::optional<Bytes> TxtQuery(std::uint16_t id, const std::string& name) {
  Bytes query;
  for (const std::uint16_t field : {id, kRecursionDesired, std::uint16_t{1}, std::uint16_t{0},
                                    std::uint16_t{0}, std::uint16_t{1}}) {
    Put16(query, field);
  }
  if (!PutName(query, name)) return std::nullopt;
  Put16(query, kTypeTxt);
  Put16(query, kClassIn);
  query.push_back(0);  // RFC 6891 §6.1.2: the root's name
  for (const std::uint16_t field :
       {kTypeOpt, kRoom, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}}) {
    Put16(query, field);
  }
  return query;
}

std::optional<DnsAnswer> ParseDnsAnswer(ByteView message) {
  MessageReader in(message);
  DnsAnswer answer;
  answer.id = in.Number();
  const std::uint16_t flags = in.Number();
  const unsigned questions = in.Number();
  const unsigned answers = in.Number();
  in.Number();  // authority
  in.Number();  // additional
  if (!in.ok() || (flags & kResponse) == 0) return std::nullopt;
  answer.truncated = (flags & kTruncated) != 0;
  answer.code = flags & kCodeMask;
  SkipQuestions(in, questions);
  for (unsigned i = 0; i < answers && in.ok(); ++i) ReadRecord(in, answer.records);
  if (!in.ok()) return std::nullopt;
  return answer;
}

}  // namespace certbroker::scripted_ca
