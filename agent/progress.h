// agent/progress.h: tells people how an order goes on, while it does.
#pragma once

#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "certbroker/v1/order.pb.h"
#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker::agent {

// kLive: a line per state, the last one with the time running. kLines: a line per change, for logs.
// kSilent: nothing, for -o json.
enum class ProgressStyle { kLive, kLines, kSilent };

// Thread-safe. With kLive it has a thread, which repaints the last line every second.
class Progress {
 public:
  Progress(ProgressStyle style, std::FILE* out, const Clock& clock);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The order as it is now; what was shown already is not shown again.
  void Show(const v1::Order& order) EXCLUDES(mutex_);
  // Something besides the states, on a line of its own. The same words are not said twice in one
  // state: a CA fetches an answer from several places.
  void Note(std::string_view text) EXCLUDES(mutex_);

 private:
  void Repaint() REQUIRES(mutex_);
  void FinishLine() REQUIRES(mutex_);
  std::string Line(const std::string& state, const std::string& doing) const;
  void Write(std::string_view text) const;

  const ProgressStyle style_;
  std::FILE* const out_;
  const Clock& clock_;
  const SteadyTime begun_;
  Mutex mutex_;
  std::string state_ GUARDED_BY(mutex_);
  std::string doing_ GUARDED_BY(mutex_);
  std::string gist_ GUARDED_BY(mutex_);  // of the last line: what makes the next one worth it
  std::set<std::string, std::less<>> noted_ GUARDED_BY(mutex_);
  bool painted_ GUARDED_BY(mutex_) = false;  // the cursor stands on an unfinished line
  std::jthread painter_;
};

// kSilent for JSON; else by what `out` is.
ProgressStyle StyleFor(bool json, std::FILE* out);

}  // namespace certbroker::agent
