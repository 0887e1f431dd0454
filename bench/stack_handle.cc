#include "bench/stack_handle.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/unique_fd.h"
#include "service/dev/program_file.h"
#include "service/dev/text_file.h"

namespace certbroker::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStartLimit = seconds{120};
constexpr milliseconds kStopLimit = seconds{60};

// Throws json::exception where a field is missing or of another type.
StackFacts FactsOf(const json& stack) {
  const json& identity = stack.at("identities").at(0);
  const fs::path directory = stack.at("directory").get<std::string>();
  return {.agent_address = stack.at("agent").at("address").get<std::string>(),
          .ca = stack.at("agent").at("ca").get<std::string>(),
          .identity = identity.at("certificate").get<std::string>(),
          .identity_key = identity.at("key").get<std::string>(),
          .http_listen =
              fmt::format("127.0.0.1:{}", stack.at("pebble").at("http_port").get<std::uint16_t>()),
          .pebble_log = directory / "log" / "pebble.log",
          .pebble_roots = stack.at("pebble").at("roots").get<std::string>(),
          .pebble_program = stack.at("pebble").at("program").get<std::string>(),
          .database_fsync = stack.at("database").at("fsync").get<bool>(),
          .service_pid = stack.at("pids").at("certbrokerd").get<pid_t>(),
          .postgres_pid = stack.at("pids").at("postgres").get<pid_t>()};
}

// The octet that certbrokerd dev writes when it is ready. False: end of file, or too late.
bool WaitForOctet(int fd) {
  pollfd event = {.fd = fd, .events = POLLIN, .revents = 0};
  char octet = 0;
  return ::poll(&event, 1, static_cast<int>(kStartLimit.count())) == 1 &&
         ::read(fd, &octet, 1) == 1;
}

void RemoveStack(const fs::path& directory) {
  std::error_code ignored;
  // A sealed token store is closed even to its owner.
  for (const auto& entry : fs::recursive_directory_iterator(directory, ignored)) {
    if (entry.is_directory(ignored)) {
      fs::permissions(entry.path(), fs::perms::owner_all, ignored);
    }
  }
  fs::remove_all(directory, ignored);
  fs::remove(directory.string() + ".log", ignored);
}

}  // namespace

Result<StackFacts> ReadStackJson(const fs::path& file) {
  const auto unusable = [&](std::string_view why) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{}: {}; it is the stack.json of a running 'certbrokerd dev'",
                             Printable(file.string()), why));
  };
  const auto text = dev::ReadFile(file);
  if (!text) return unusable("cannot be read");
  try {
    return FactsOf(json::parse(*text));
  } catch (const json::exception& error) {
    return unusable(Printable(error.what()));
  }
}

Result<StackHandle> StackHandle::Start(const fs::path& certbrokerd,
                                       const std::vector<std::string>& more) {
  // Short, because Unix sockets go there.
  std::string directory = "/tmp/certbroker-bench-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return Error(Reason::kInternal, "mkdtemp failed");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error(Reason::kInternal, "pipe2 failed");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSIGN_OR_RETURN(const dev::ProgramFile program, dev::ProgramFile::Open(certbrokerd));
  std::vector<std::string> arguments = {"dev", "--dir", directory, "--quiet", "--ready-fd", "3"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const fs::path log = directory + ".log";
  StackHandle handle;
  ASSIGN_OR_RETURN(handle.supervisor_, dev::ChildProcess::Start({.name = "certbrokerd dev",
                                                                 .program = &program,
                                                                 .arguments = std::move(arguments),
                                                                 .environment = {},
                                                                 .log = log,
                                                                 .extra_fd = writer.get(),
                                                                 .death_signal = SIGTERM}));
  writer.Close();
  if (!WaitForOctet(reader.get())) {
    // The folder stays, for whoever wants to know why.
    return Error(Reason::kInternal,
                 fmt::format("certbrokerd dev did not become ready; what there is to read is in "
                             "{}:\n{}",
                             directory, dev::TailOf(log, 40)));
  }
  handle.directory_ = directory;
  ASSIGN_OR_RETURN(handle.facts_, ReadStackJson(handle.directory_ / "stack.json"));
  return handle;
}

Result<StackHandle> StackHandle::Join(const fs::path& stack_json) {
  StackHandle handle;
  ASSIGN_OR_RETURN(handle.facts_, ReadStackJson(stack_json));
  return handle;
}

StackHandle::StackHandle(StackHandle&& other) noexcept
    : facts_(std::move(other.facts_)),
      directory_(std::exchange(other.directory_, {})),
      supervisor_(std::exchange(other.supervisor_, std::nullopt)) {}

StackHandle::~StackHandle() {
  if (supervisor_) supervisor_->Stop(kStopLimit);
  if (!directory_.empty()) RemoveStack(directory_);
}

}  // namespace certbroker::bench
