// core/log.h: structured events for operators: a name, and fields. What is written where is the
// program's choice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certbroker {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe; never blocks on more than a write to a local descriptor; never fails. Values may
// come from a CA or an agent: the implementation makes them printable. Never pass a Secret's
// content.
class Log {
 public:
  virtual ~Log() = default;
  virtual void Write(LogLevel level, std::string_view event,
                     const std::vector<LogField>& fields) = 0;

  void Info(std::string_view event, const std::vector<LogField>& fields = {}) {
    Write(LogLevel::kInfo, event, fields);
  }
  void Warning(std::string_view event, const std::vector<LogField>& fields = {}) {
    Write(LogLevel::kWarning, event, fields);
  }
  void Error(std::string_view event, const std::vector<LogField>& fields = {}) {
    Write(LogLevel::kError, event, fields);
  }
};

}  // namespace certbroker
