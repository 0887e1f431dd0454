// service/rpc/stream_roster.h: the open streams of agents, so that a ban does not wait for their
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/mutex.h"
#include "core/result.h"
#include "service/rpc/caller.h"

namespace certbroker::rpc {

// Thread-safe.
class StreamRoster {
 public:
  // Must not block, and must do nothing once the stream has ended.
  using End = std::function<void(const Error&)>;
  // Why a caller whose stream is open is to be refused now. Must not block.
  using StillWelcome = std::function<Result<void>(const Caller&)>;

  explicit StreamRoster(StillWelcome still_welcome) : still_welcome_(std::move(still_welcome)) {}

  // On the roster as long as this lives.
  class Entry {
   public:
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class StreamRoster;
    Entry(StreamRoster& roster, std::uint64_t id) : roster_(roster), id_(id) {}
    StreamRoster& roster_;
    const std::uint64_t id_;
  };

  // Looks at the caller once more: between its first look and this one a review may have passed.
  std::unique_ptr<Entry> Add(const Caller& caller, const End& end) EXCLUDES(mutex_);

  // Ends each stream whose caller is not welcome any more.
  void Review() EXCLUDES(mutex_);

 private:
  struct Stream {
    Caller caller;
    End end;
  };

  const StillWelcome still_welcome_;
  Mutex mutex_;
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::uint64_t, Stream> streams_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::rpc
