#include "service/rpc/stream_roster.h"

#include <utility>
#include <vector>

namespace certbroker::rpc {

StreamRoster::Entry::~Entry() {
  const MutexLock lock(roster_.mutex_);
  roster_.streams_.erase(id_);
}

std::unique_ptr<StreamRoster::Entry> StreamRoster::Add(const Caller& caller, const End& end) {
  std::unique_ptr<Entry> entry;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t id = next_id_++;
    streams_.emplace(id, Stream{caller, end});
    entry.reset(new Entry(*this, id));
  }
  if (const auto welcome = still_welcome_(caller); !welcome) end(welcome.error());
  return entry;
}

void StreamRoster::Review() {
  std::vector<std::pair<End, Error>> ending;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, stream] : streams_) {
      auto welcome = still_welcome_(stream.caller);
      if (!welcome) ending.emplace_back(stream.end, std::move(welcome).error());
    }
  }
  // Outside of the lock: what ends may take itself off the roster at once.
  for (const auto& [end, why] : ending) end(why);
}

}  // namespace certbroker::rpc
