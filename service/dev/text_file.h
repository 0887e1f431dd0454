// service/dev/text_file.h: reading and writing the small files of a development stack.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"

namespace certbroker::dev {

// Whole or not at all: written beside the target with exactly `mode`, then renamed over it, so that
// whoever waits for the file to appear never reads half of one. kInternal when the system refuses.
Result<void> WriteFile(const std::filesystem::path& path, std::string_view content, mode_t mode);

// kNotFound when there is no such file, kInternal when it cannot be read.
Result<std::string> ReadFile(const std::filesystem::path& path);

// The last `lines` lines, for people: printable characters only, each line with its newline. Empty
// when the file cannot be read.
std::string TailOf(const std::filesystem::path& path, std::size_t lines);

}  // namespace certbroker::dev
