#include "core/ids.h"

#include <cstring>
#include <span>

#include "core/bytes.h"

namespace certbroker {
namespace {

constexpr std::size_t kTextLength = 36;

bool IsHyphenPosition(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsHyphenPosition(i) != (text[i] == '-')) return std::nullopt;
    if (text[i] != '-') digits += text[i];
  }
  const auto bytes = FromHex(digits);
  if (!bytes) return std::nullopt;
  Uuid uuid;
  std::memcpy(uuid.bytes_.data(), bytes->data(), uuid.bytes_.size());
  return uuid;
}

Uuid Uuid::V7(Time now, Random& random) {
  Uuid uuid;
  random.Fill(uuid.bytes_);
  auto millis = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  for (std::size_t i = 6; i-- > 0;) {
    uuid.bytes_[i] = static_cast<std::uint8_t>(millis & 0xFFU);
    millis >>= 8U;
  }
  uuid.bytes_[6] = static_cast<std::uint8_t>((uuid.bytes_[6] & 0x0FU) | 0x70U);  // version 7
  uuid.bytes_[8] = static_cast<std::uint8_t>((uuid.bytes_[8] & 0x3FU) | 0x80U);  // variant 10
  return uuid;
}

std::string Uuid::ToString() const {
  std::string text = Hex(bytes_);
  for (const std::size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return text;
}

}  // namespace certbroker

std::size_t std::hash<certbroker::Uuid>::operator()(const certbroker::Uuid& uuid) const noexcept {
  return std::hash<std::string_view>{}(certbroker::AsText(uuid.bytes()));
}
