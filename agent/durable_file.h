// agent/durable_file.h: files and links that are there whole or not at all, after a power cut too.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::agent {

// kFileUnusable: "DOING PATH: the system's words for `error_number`".
Error FileError(std::string_view doing, const std::filesystem::path& path, int error_number);

// Written beside the target with exactly `mode`, flushed, renamed over it, and the folder flushed:
// a reader sees the old content or the new, and so does the next start after a crash. One writer
// per file at a time. kFileUnusable.
Result<void> WriteDurably(const std::filesystem::path& path, std::string_view content, mode_t mode);

// kNotFound: no such file. kFileUnusable: not readable, no regular file, or over 1 MiB.
Result<std::string> ReadText(const std::filesystem::path& path);
// The same for a file that somebody named: that it is missing is kFileUnusable too.
Result<std::string> ReadGiven(const std::filesystem::path& path);
// As ReadText, for a private key: no copy stays behind in freed memory.
Result<Secret> ReadSecret(const std::filesystem::path& path);

// Makes the folder and those above it that are missing, with exactly `mode`, whatever the umask.
// kFileUnusable.
Result<void> MakeFolder(const std::filesystem::path& path, mode_t mode);
// What was made, renamed or removed in the folder survives a crash. kFileUnusable.
Result<void> SyncFolder(const std::filesystem::path& path);
// Removes a file and flushes its folder; one that is not there is a success. kFileUnusable.
Result<void> RemoveDurably(const std::filesystem::path& path);
// Lets the link point to `target` from one moment to the next, whatever it pointed to before.
// kFileUnusable.
Result<void> SwapLink(const std::filesystem::path& link, const std::filesystem::path& target);

}  // namespace certbroker::agent
