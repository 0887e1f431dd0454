#include "service/json_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "acme/json.h"
#include "core/error.h"

namespace certbroker {
namespace {

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

}  // namespace

JsonLog::JsonLog(LogLevel least, Clock& clock)
    : least_(least),
      clock_(clock),
      out_(std::make_unique<spdlog::logger>("certbrokerd",
                                            std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  out_->set_pattern("%v");
}

JsonLog::~JsonLog() = default;

void JsonLog::Write(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  if (level < least_) return;
  std::string line = R"({"time":")" + FormatRfc3339(clock_.Now());
  line.append(R"(","level":")")
      .append(NameOf(level))
      .append(R"(","event":)")
      .append(acme::JsonQuote(event));
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    line.append(",")
        .append(acme::JsonQuote(field.key))
        .append(":")
        .append(acme::JsonQuote(Printable(field.value)));
  }
  line += '}';
  out_->info(line);
}

}  // namespace certbroker
