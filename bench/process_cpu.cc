#include "bench/process_cpu.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace certbroker::bench {
namespace {

namespace fs = std::filesystem;

Result<ProcessStat> ReadProcessStat(const std::string& pid) {
  std::ifstream file(fs::path("/proc") / pid / "stat");
  std::string line;
  if (!std::getline(file, line)) {
    return Error(Reason::kNotFound, fmt::format("there is no process {}", pid));
  }
  return ParseProcessStat(line, ::sysconf(_SC_CLK_TCK));
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Result<ProcessStat> ParseProcessStat(std::string_view line, long ticks_per_second) {
  // The program's name stands in brackets and may itself hold blanks and brackets.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) {
    return Error(Reason::kInternal, "a line of /proc/PID/stat without a program's name");
  }
  std::istringstream fields{std::string(line.substr(name_end + 1))};
  std::string skipped;
  ProcessStat stat;
  fields >> skipped >> stat.parent;
  for (int i = 5; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  double children_user = 0;
  double children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  if (!fields) return Error(Reason::kInternal, "a line of /proc/PID/stat that is too short");
  const auto ticks = static_cast<double>(ticks_per_second);
  stat.own_seconds = (user + system) / ticks;
  stat.ended_children_seconds = (children_user + children_system) / ticks;
  return stat;
}

Result<double> CpuSeconds(pid_t pid) {
  ASSIGN_OR_RETURN(const ProcessStat self, ReadProcessStat(std::to_string(pid)));
  double seconds = self.own_seconds + self.ended_children_seconds;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (!IsNumber(name)) continue;
    const auto child = ReadProcessStat(name);
    if (child && child->parent == pid) seconds += child->own_seconds;
  }
  return seconds;
}

}  // namespace certbroker::bench
