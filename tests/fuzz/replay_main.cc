// Replays a corpus without libFuzzer: every file, and pieces of every file.
//
//   fuzz_NAME FOLDER
//
// A file named accepted-… must be accepted, one named refused-… must not; others (crash-…, as
// libFuzzer names what it finds) must only keep the promises. Of each, up to 256 beginnings are
// tried too: an answer that was cut off is the commonest of all broken inputs.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kPieces = 256;

std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ContentOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// On the heap and exactly as long as it is, so that a sanitizer sees the first octet too many.
bool TryCopy(std::string_view input) {
  const std::vector<char> copy(input.begin(), input.end());
  return Try({copy.data(), copy.size()});
}

// False, after saying so, when the file's name promises something else.
bool Replay(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  // Before, because a broken promise ends the process.
  std::printf("%s\n", name.c_str());
  std::fflush(stdout);
  const std::string content = ContentOf(file);
  const bool accepted = TryCopy(content);
  const std::size_t step = content.size() / kPieces + 1;
  for (std::size_t end = 0; end < content.size(); end += step) TryCopy(content.substr(0, end));
  if (accepted ? !name.starts_with("refused-") : !name.starts_with("accepted-")) return true;
  std::printf("%s was %s\n", file.c_str(), accepted ? "accepted" : "refused");
  return false;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments.at(0).c_str());
    return 2;
  }
  const auto files = FilesOf(arguments[1]);
  if (files.empty()) {
    std::fprintf(stderr, "there is no corpus in %s\n", arguments[1].c_str());
    return 2;
  }
  bool good = true;
  for (const auto& file : files) good = Replay(file) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace certbroker::fuzz

int main(int argc, char** argv) { return certbroker::fuzz::Main({argv, argv + argc}); }
