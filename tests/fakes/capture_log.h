// tests/fakes/capture_log.h: a Log that remembers, for tests that ask what was said.
#pragma once

#include <string>
#include <vector>

#include "core/log.h"
#include "core/mutex.h"

namespace certbroker {

class CaptureLog final : public Log {
 public:
  void Write(LogLevel level, std::string_view event, const std::vector<LogField>& fields) override
      EXCLUDES(mutex_);
  // "event key=value key=value", one per call, in order.
  std::vector<std::string> lines() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
