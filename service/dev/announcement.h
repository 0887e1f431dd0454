// service/dev/announcement.h: what `certbrokerd dev` tells the person who started it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "service/dev/stack_json.h"

namespace certbroker::dev {

// Lines on standard output, each at once; colours on a terminal only. Not thread-safe.
class Announcement {
 public:
  // Silent when not `enabled`.
  Announcement(bool enabled, Clock& clock);

  // The banner: nobody should take this for production.
  void Begin(const std::filesystem::path& directory);
  // A part is ready; `where` is how to reach it.
  void Step(std::string_view part, std::string_view where);
  void Ready(const StackFacts& facts, bool with_service);
  void Ending();

 private:
  void Print(std::string_view text) const;

  const bool enabled_;
  const bool coloured_;
  Clock& clock_;
  const SteadyTime begun_;
};

// Commands to copy, with the programs' full paths.
std::string NextCommands(const StackFacts& facts, bool with_service);

// `text` as one word of a shell.
std::string ShellWord(std::string_view text);

}  // namespace certbroker::dev
