#include "agent/order_text.h"

#include <string_view>

#include <fmt/format.h>

#include "client/order_state_name.h"
#include "client/status.h"
#include "client/time_text.h"
#include "core/order_state.h"

namespace certbroker::agent {
namespace {

std::string_view Awaited(std::string_view held_by) {
  const auto held = HeldByFromName(held_by);
  if (!held) return "something that this version does not know";
  switch (*held) {
    case HeldBy::kNothing:
      return "its turn";
    case HeldBy::kCaLimit:
    case HeldBy::kCaUnavailable:
    case HeldBy::kCaPolling:
      return "the CA";
    case HeldBy::kAgent:
      return "an agent to serve the challenge";
    case HeldBy::kSolver:
      return "a solver of the service to publish the challenge";
    case HeldBy::kHsm:
      return "the service's HSM";
    case HeldBy::kSameNames:
      return "another order for the same names";
    case HeldBy::kAccount:
      return "an operator to look after the account";
  }
  return "its turn";
}

}  // namespace

bool IsFinal(v1::OrderState state) {
  const auto known = OrderStateFromName(client::StateName(state));
  return known && IsTerminal(*known);
}

std::string Doing(const v1::Order& order) {
  if (order.held_by().empty()) {
    const auto known = OrderStateFromName(client::StateName(order.state()));
    return known ? std::string(TraitsOf(*known).meaning)
                 : "A state that this version does not know.";
  }
  std::string text = fmt::format("waiting for {}", Awaited(order.held_by()));
  if (order.has_next_attempt_time()) {
    text +=
        fmt::format(" until {} UTC", client::ClockText(client::ToTime(order.next_attempt_time())));
  }
  text += ": " + Printable(order.held_by(), 40);
  if (order.has_error()) text += fmt::format(" ({})", client::FromProto(order.error()).ToString());
  return text;
}

}  // namespace certbroker::agent
