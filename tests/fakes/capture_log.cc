#include "tests/fakes/capture_log.h"

namespace certbroker {

void CaptureLog::Write(LogLevel /*level*/, std::string_view event,
                       const std::vector<LogField>& fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=").append(field.value);
  }
  const MutexLock lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> CaptureLog::lines() const {
  const MutexLock lock(mutex_);
  return lines_;
}

}  // namespace certbroker
