// core/ids.h: names of things, each its own type, so that an order's id cannot be passed where an
// account's is due.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/random.h"
#include "core/time.h"

namespace certbroker {

// RFC 9562. Text is the canonical lower-case form with hyphens.
class Uuid {
 public:
  Uuid() = default;
  // Accepts upper case; any version. nullopt for anything that is not 8-4-4-4-12 hex digits.
  static std::optional<Uuid> Parse(std::string_view text);
  // Version 7 (RFC 9562 §5.7): sorts by time, 74 random bits.
  static Uuid V7(Time now, Random& random);

  std::string ToString() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

template <class Tag>
class UuidId {
 public:
  UuidId() = default;
  explicit UuidId(Uuid uuid) : uuid_(uuid) {}
  static std::optional<UuidId> Parse(std::string_view text) {
    const auto uuid = Uuid::Parse(text);
    if (!uuid) return std::nullopt;
    return UuidId(*uuid);
  }
  const Uuid& uuid() const { return uuid_; }
  std::string ToString() const { return uuid_.ToString(); }

  friend auto operator<=>(const UuidId&, const UuidId&) = default;

 private:
  Uuid uuid_;
};

using OrderId = UuidId<struct OrderTag>;
using CertificateId = UuidId<struct CertificateTag>;  // a managed certificate
using RevocationId = UuidId<struct RevocationTag>;
using RequestId = UuidId<struct RequestTag>;  // chosen by the client, one per mutation (AIP-155)

template <class Tag>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string text) : text_(std::move(text)) {}
  const std::string& ToString() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend auto operator<=>(const TextId&, const TextId&) = default;

 private:
  std::string text_;
};

// The URI of the client certificate, byte for byte ("spiffe://example.org/agent/web-01"); of an
// operator on the Unix socket "operator:local". Only service/policy/peer_identity makes one from
// what a peer sent.
using CallerId = TextId<struct CallerTag>;
using AgentId = CallerId;
// "issuers/{issuer}/accounts/{account}".
using AccountName = TextId<struct AccountNameTag>;
// "issuers/{issuer}" is the resource; this is the {issuer} part: [a-z0-9-]{1,40}.
using IssuerId = TextId<struct IssuerTag>;

// Which holder of a lease may still write: rises with every lease of the row.
struct Fence {
  std::int64_t value = 0;
  friend auto operator<=>(const Fence&, const Fence&) = default;
};

struct IntentId {
  std::int64_t value = 0;
  friend auto operator<=>(const IntentId&, const IntentId&) = default;
};

}  // namespace certbroker

template <>
struct std::hash<certbroker::Uuid> {
  std::size_t operator()(const certbroker::Uuid& uuid) const noexcept;
};
template <class Tag>
struct std::hash<certbroker::UuidId<Tag>> {
  std::size_t operator()(const certbroker::UuidId<Tag>& id) const noexcept {
    return std::hash<certbroker::Uuid>{}(id.uuid());
  }
};
template <class Tag>
struct std::hash<certbroker::TextId<Tag>> {
  std::size_t operator()(const certbroker::TextId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.ToString());
  }
};
