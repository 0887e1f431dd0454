// service/json_log.h: Log as one JSON object per line on standard error, for journald and whatever
// reads it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/log.h"

namespace spdlog {
class logger;
}

namespace certbroker {

// {"time":"…","level":"info","event":"order_state","order":"…"}. Values are made printable and cut
// at 1 KiB, so that nothing a CA or an agent says can forge a line or move a cursor.
class JsonLog final : public Log {
 public:
  JsonLog(LogLevel least, Clock& clock);
  ~JsonLog() override;

  void Write(LogLevel level, std::string_view event, const std::vector<LogField>& fields) override;

 private:
  const LogLevel least_;
  Clock& clock_;
  std::unique_ptr<spdlog::logger> out_;
};

}  // namespace certbroker
