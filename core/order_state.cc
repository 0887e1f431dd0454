#include "core/order_state.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace certbroker {
namespace {

using enum OrderState;
using std::chrono::hours;
using std::chrono::minutes;

constexpr auto kStates = std::to_array<OrderStateTraits>({
    {kQueued, "QUEUED", false, true, hours{24},
     "Accepted by policy, waiting to be sent to the CA."},
    {kPlaced, "PLACED", false, true, hours{1},
     "The CA has the order; its authorizations are being read."},
    {kPresenting, "PRESENTING", false, true, minutes{10},
     "The challenges are being made answerable; the agent or a solver is at it."},
    {kPropagating, "PROPAGATING", false, true, hours{1},
     "The answers are published and are spreading to where the CA looks."},
    {kValidating, "VALIDATING", false, true, hours{1},
     "The CA has been told to look and is looking."},
    {kReady, "READY", false, true, hours{1}, "Every name is proven; the order can be finalized."},
    {kFinalizing, "FINALIZING", false, false, hours{24},
     "The CSR is on its way to the CA, or the CA is signing."},
    {kDownloading, "DOWNLOADING", false, false, hours{24 * 30},
     "The CA has issued; the certificate is being fetched and checked."},
    {kIssued, "ISSUED", true, false, hours{0}, "The certificate is stored and can be fetched."},
    {kFailed, "FAILED", true, false, hours{0}, "Ended without a certificate; the error says why."},
    {kCancelled, "CANCELLED", true, false, hours{0},
     "Ended by request before anything was issued."},
});

constexpr bool StatesInEnumOrder() {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (static_cast<std::size_t>(kStates[i].state) != i) return false;
  }
  return kStates.size() == static_cast<std::size_t>(kCancelled) + 1;
}
static_assert(StatesInEnumOrder());

struct HeldByName {
  HeldBy held;
  std::string_view name;
};
constexpr auto kHeld = std::to_array<HeldByName>({
    {HeldBy::kNothing, "NOTHING"},
    {HeldBy::kCaLimit, "CA_LIMIT"},
    {HeldBy::kCaUnavailable, "CA_UNAVAILABLE"},
    {HeldBy::kCaPolling, "CA_POLLING"},
    {HeldBy::kAgent, "AGENT"},
    {HeldBy::kSolver, "SOLVER"},
    {HeldBy::kHsm, "HSM"},
    {HeldBy::kSameNames, "SAME_NAMES"},
    {HeldBy::kAccount, "ACCOUNT"},
});

}  // namespace

std::span<const OrderStateTraits> AllOrderStates() { return kStates; }

const OrderStateTraits& TraitsOf(OrderState state) {
  const auto index = static_cast<std::size_t>(state);
  CERTBROKER_CHECK(index < kStates.size());
  return kStates[index];
}

std::optional<OrderState> OrderStateFromName(std::string_view name) {
  const auto* found = std::ranges::find(kStates, name, &OrderStateTraits::name);
  if (found == kStates.end()) return std::nullopt;
  return found->state;
}

bool MayFollow(OrderState from, OrderState to) {
  if (from == to) return true;
  if (IsTerminal(from)) return false;
  if (to == kFailed) return true;
  if (to == kCancelled || to == kQueued) return TraitsOf(from).cancellable;
  // Forward, any number of states at once: an order may be born ready or even valid (RFC 8555
  // §7.1.6).
  return to > from;
}

std::string_view ToString(HeldBy held) {
  const auto* found = std::ranges::find(kHeld, held, &HeldByName::held);
  CERTBROKER_CHECK(found != kHeld.end());
  return found->name;
}

std::optional<HeldBy> HeldByFromName(std::string_view name) {
  const auto* found = std::ranges::find(kHeld, name, &HeldByName::name);
  if (found == kHeld.end()) return std::nullopt;
  return found->held;
}

}  // namespace certbroker
