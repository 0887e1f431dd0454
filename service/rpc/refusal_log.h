// service/rpc/refusal_log.h: peers that were refused, in the log, so that an operator sees a stolen
// or banned identity being tried; at most a line a second, whatever strangers do.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/clock.h"
#include "core/error.h"
#include "core/log.h"

namespace certbroker::rpc {

// Thread-safe; does not block.
class RefusalLog {
 public:
  // References are kept.
  RefusalLog(const Clock& clock, Log& log) : clock_(clock), log_(log) {}

  // `peer`: the address, as gRPC writes it.
  void Note(std::string_view peer, const Error& why);

 private:
  const Clock& clock_;
  Log& log_;
  std::atomic<SteadyTime::rep> next_ = 0;  // not before
  std::atomic<std::int64_t> left_out_ = 0;
};

}  // namespace certbroker::rpc
