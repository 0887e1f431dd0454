#include "service/config/text_file.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace certbroker::config {
namespace {

constexpr std::size_t kMaxFile = std::size_t{32} * 1024 * 1024;

Error Unreadable(const std::string& path, std::string_view why) {
  return Error(Reason::kConfigInvalid, fmt::format("{}: cannot be read: {}", Printable(path), why));
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return Unreadable(path, "it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unreadable(path, std::generic_category().message(errno));
  std::string text;
  for (std::array<char, 65536> chunk; file.read(chunk.data(), chunk.size()), file.gcount() > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFile) return Unreadable(path, "it is larger than 32 MiB");
  }
  if (file.bad()) return Unreadable(path, "input/output error");
  return text;
}

}  // namespace certbroker::config
