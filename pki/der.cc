#include "pki/der.h"

namespace certbroker::pki {
namespace {

constexpr int kMaxDepth = 16;  // a CSR needs 9
constexpr std::uint8_t kConstructed = 0x20;
constexpr std::uint8_t kClassMask = 0xC0;
constexpr std::uint8_t kNumberMask = 0x1F;

// X.690 §8.3.2: the first nine bits are neither all zero nor all one.
bool IsMinimalInteger(ByteView content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  const bool top = (content[1] & 0x80U) != 0;
  return !(content[0] == 0x00 && !top) && !(content[0] == 0xFF && top);
}

// X.690 §11.2.1: unused bits are zero.
bool IsBitString(ByteView content) {
  if (content.empty() || content[0] > 7) return false;
  if (content.size() == 1) return content[0] == 0;
  return (content.back() & ((1U << content[0]) - 1U)) == 0;
}

// X.690 §8.19.2: no arc begins with 0x80, and the last one ends.
bool IsOid(ByteView content) {
  bool at_start = true;
  for (const std::uint8_t octet : content) {
    if (at_start && octet == 0x80) return false;
    at_start = (octet & 0x80U) == 0;
  }
  return !content.empty() && at_start;
}

bool IsStrictPrimitive(std::uint8_t tag, ByteView content) {
  switch (tag) {
    case der_tag::kBoolean:  // X.690 §11.1
      return content.size() == 1 && (content[0] == 0x00 || content[0] == 0xFF);
    case der_tag::kInteger:
    case der_tag::kEnumerated:
      return IsMinimalInteger(content);
    case der_tag::kBitString:
      return IsBitString(content);
    case der_tag::kNull:
      return content.empty();
    case der_tag::kOid:
      return IsOid(content);
    case der_tag::kSequence& kNumberMask:
    case der_tag::kSet& kNumberMask:
    case 0:  // end-of-contents, which belongs to indefinite lengths
      return false;
    default:
      return true;
  }
}

bool IsStrict(const DerValue& value, int depth) {
  if ((value.tag & kConstructed) == 0) return IsStrictPrimitive(value.tag, value.content);
  if (depth == kMaxDepth) return false;
  // X.690 §10.2: strings are never constructed.
  const bool universal = (value.tag & kClassMask) == 0;
  if (universal && value.tag != der_tag::kSequence && value.tag != der_tag::kSet) return false;
  DerReader reader(value.content);
  while (!reader.empty()) {
    const auto inner = reader.Next();
    if (!inner || !IsStrict(*inner, depth + 1)) return false;
  }
  return true;
}

}  // namespace

std::optional<DerValue> DerReader::Next() {
  if (rest_.size() < 2 || (rest_[0] & kNumberMask) == kNumberMask) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = rest_[1];
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7FU;
    // X.690 §10.1: definite, in as few octets as possible. Four octets count 4 GiB: enough.
    if (octets == 0 || octets > 4 || rest_.size() < 2 + octets || rest_[2] == 0) {
      return std::nullopt;
    }
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = (length << 8U) | rest_[2 + i];
    if (length < 0x80) return std::nullopt;
    header += octets;
  }
  if (rest_.size() - header < length) return std::nullopt;

  const DerValue value{rest_[0], rest_.subspan(header, length), rest_.first(header + length)};
  rest_ = rest_.subspan(header + length);
  return value;
}

std::optional<DerValue> DerReader::Next(std::uint8_t tag) {
  if (rest_.empty() || rest_[0] != tag) return std::nullopt;
  return Next();
}

bool IsStrictDer(ByteView octets) {
  DerReader reader(octets);
  const auto value = reader.Next();
  return value && reader.empty() && IsStrict(*value, 0);
}

}  // namespace certbroker::pki
