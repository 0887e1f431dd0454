#include "core/order.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace certbroker {
namespace {

template <class Enum>
struct Named {
  Enum value;
  std::string_view name;
};

constexpr auto kKinds = std::to_array<Named<OrderKind>>({
    {OrderKind::kIssue, "ISSUE"},
    {OrderKind::kRenew, "RENEW"},
});

constexpr auto kStatuses = std::to_array<Named<AuthorizationStatus>>({
    {AuthorizationStatus::kUnknown, "unknown"},
    {AuthorizationStatus::kPending, "pending"},
    {AuthorizationStatus::kValid, "valid"},
    {AuthorizationStatus::kInvalid, "invalid"},
    {AuthorizationStatus::kDeactivated, "deactivated"},
    {AuthorizationStatus::kExpired, "expired"},
    {AuthorizationStatus::kRevoked, "revoked"},
});

constexpr auto kPresentations = std::to_array<Named<Presentation>>({
    {Presentation::kNone, "NONE"},
    {Presentation::kWanted, "WANTED"},
    {Presentation::kSpreading, "SPREADING"},
    {Presentation::kServing, "SERVING"},
    {Presentation::kFailed, "FAILED"},
    {Presentation::kUnwanted, "UNWANTED"},
    {Presentation::kRemoved, "REMOVED"},
});

template <class Table, class Enum>
std::string_view NameIn(const Table& table, Enum value) {
  const auto* found = std::ranges::find(table, value, &Named<Enum>::value);
  CERTBROKER_CHECK(found != table.end());
  return found->name;
}

template <class Enum, class Table>
std::optional<Enum> ValueIn(const Table& table, std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Named<Enum>::name);
  if (found == table.end()) return std::nullopt;
  return found->value;
}

}  // namespace

std::string_view ToString(OrderKind kind) { return NameIn(kKinds, kind); }
std::string_view ToString(AuthorizationStatus status) { return NameIn(kStatuses, status); }
std::string_view ToString(Presentation presentation) {
  return NameIn(kPresentations, presentation);
}

std::optional<OrderKind> OrderKindFromName(std::string_view name) {
  return ValueIn<OrderKind>(kKinds, name);
}
std::optional<AuthorizationStatus> AuthorizationStatusFromName(std::string_view name) {
  return ValueIn<AuthorizationStatus>(kStatuses, name);
}
std::optional<Presentation> PresentationFromName(std::string_view name) {
  return ValueIn<Presentation>(kPresentations, name);
}

}  // namespace certbroker
