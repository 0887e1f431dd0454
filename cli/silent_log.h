// cli/silent_log.h: a Log for programs that tell their user everything through results.
#pragma once

#include "core/log.h"

namespace certbroker::cli {

class SilentLog final : public Log {
 public:
  void Write(LogLevel, std::string_view, const std::vector<LogField>&) override {}
};

}  // namespace certbroker::cli
