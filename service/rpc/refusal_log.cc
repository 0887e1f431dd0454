#include "service/rpc/refusal_log.h"

#include <string>

namespace certbroker::rpc {
namespace {

constexpr SteadyTime::duration kBetween = std::chrono::seconds{1};

}  // namespace

void RefusalLog::Note(std::string_view peer, const Error& why) {
  const SteadyTime::rep now = clock_.Tick().time_since_epoch().count();
  SteadyTime::rep next = next_.load();
  if (now < next || !next_.compare_exchange_strong(next, now + kBetween.count())) {
    ++left_out_;
    return;
  }
  log_.Warning("peer_refused", {{"peer", Printable(peer, 100)},
                                {"error", why.ToString()},
                                {"left_out_before", std::to_string(left_out_.exchange(0))}});
}

}  // namespace certbroker::rpc
