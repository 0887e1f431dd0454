#include "client/order_state_name.h"

#include <string_view>

namespace certbroker::client {

std::string StateName(v1::OrderState state) {
  constexpr std::string_view kPrefix = "ORDER_STATE_";
  const std::string name = v1::OrderState_Name(state);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "UNKNOWN";
}

}  // namespace certbroker::client
