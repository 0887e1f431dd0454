#include "tests/support/dev_stack.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include <gtest/gtest.h>

#include "core/clock.h"
#include "service/dev/text_file.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartLimit{120};
constexpr milliseconds kStopLimit = seconds{60};

// The octet that certbrokerd dev writes when it is ready. False: end of file, or too late.
bool WaitForOctet(int fd) {
  pollfd event = {.fd = fd, .events = POLLIN, .revents = 0};
  char octet = 0;
  return ::poll(&event, 1, static_cast<int>(milliseconds(kStartLimit).count())) == 1 &&
         ::read(fd, &octet, 1) == 1;
}

class SharedStackEnvironment final : public ::testing::Environment {
 public:
  void TearDown() override {
    if (stack == nullptr) return;
    const fs::path directory = stack->directory();
    EXPECT_EQ(stack->Stop(), 0);
    EXPECT_TRUE(ProcessesOf(directory).empty()) << "the stack left processes behind";
    stack.reset();
  }

  std::unique_ptr<DevStack> stack;
};

// gtest owns it.
SharedStackEnvironment* const shared = static_cast<SharedStackEnvironment*>(
    ::testing::AddGlobalTestEnvironment(new SharedStackEnvironment));

}  // namespace

fs::path BuiltProgram(const std::string& name) { return fs::path(CERTBROKER_BIN) / name; }

Result<std::unique_ptr<DevStack>> DevStack::Start(const Options& options) {
  // Short, because Unix sockets go there; below /tmp, because nobody has to reach it.
  std::string directory = "/tmp/certbroker-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return Error(Reason::kInternal, "mkdtemp");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error(Reason::kInternal, "pipe2");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSIGN_OR_RETURN(const dev::ProgramFile program,
                   dev::ProgramFile::Open(BuiltProgram("certbrokerd")));
  std::vector<std::string> arguments = {"dev", "--dir", directory, "--quiet", "--ready-fd", "3"};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  const fs::path log = directory + ".log";
  ASSIGN_OR_RETURN(dev::ChildProcess supervisor,
                   dev::ChildProcess::Start({.name = "certbrokerd dev",
                                             .program = &program,
                                             .arguments = std::move(arguments),
                                             .environment = options.environment,
                                             .log = log,
                                             .extra_fd = writer.get(),
                                             .death_signal = SIGTERM}));
  writer.Close();
  if (!WaitForOctet(reader.get())) {
    supervisor.Stop(kStopLimit);
    return Error(Reason::kInternal,
                 "certbrokerd dev did not become ready; what there is to read "
                 "is in " +
                     directory + ":\n" + dev::TailOf(log, 40));
  }
  return std::unique_ptr<DevStack>(new DevStack(directory, std::move(supervisor)));
}

DevStack::~DevStack() {
  Stop();
  if (::testing::Test::HasFailure()) {
    std::cerr << "The stack's logs are kept in " << directory_ / "log" << '\n';
    return;
  }
  std::error_code ignored;
  // A sealed token store is closed even to its owner.
  for (const auto& entry : fs::recursive_directory_iterator(directory_, ignored)) {
    if (entry.is_directory(ignored)) {
      fs::permissions(entry.path(), fs::perms::owner_all, ignored);
    }
  }
  fs::remove_all(directory_, ignored);
  fs::remove(directory_.string() + ".log", ignored);
}

nlohmann::json DevStack::Facts() const {
  std::ifstream file(directory_ / "stack.json");
  return nlohmann::json::parse(file, nullptr, false);
}

std::string DevStack::Text(const std::string& pointer) const {
  const nlohmann::json facts = Facts();
  const nlohmann::json::json_pointer where(pointer);
  if (!facts.contains(where) || !facts[where].is_string()) {
    ADD_FAILURE() << "stack.json has no text " << pointer;
    return {};
  }
  return facts[where].get<std::string>();
}

std::string DevStack::http_listen() const {
  return "127.0.0.1:" + std::to_string(Facts()["pebble"]["http_port"].get<int>());
}

fs::path DevStack::log(const std::string& name) const {
  return directory_ / "log" / (name + ".log");
}

std::vector<std::string> DevStack::AgentArguments(std::size_t identity,
                                                  const std::vector<std::string>& arguments) const {
  const std::string at = "/identities/" + std::to_string(identity);
  std::vector<std::string> all = {
      "--server",   Text("/agent/address"),    "--ca",           Text("/agent/ca"),
      "--identity", Text(at + "/certificate"), "--identity-key", Text(at + "/key")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

ProgramResult DevStack::Agent(std::size_t identity,
                              const std::vector<std::string>& arguments) const {
  return RunProgram(BuiltProgram("certbroker-agent"), AgentArguments(identity, arguments));
}

std::unique_ptr<RunningProgram> DevStack::StartAgent(
    std::size_t identity, const std::vector<std::string>& arguments) const {
  return std::make_unique<RunningProgram>(BuiltProgram("certbroker-agent"),
                                          AgentArguments(identity, arguments),
                                          RunOptions{.environment = {}, .limit = seconds{120}});
}

ProgramResult DevStack::Operator(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"--operator", Text("/operator/address")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram(BuiltProgram("certbroker"), all);
}

ProgramResult DevStack::Keystore(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"keystore"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.insert(all.end(), {"--module", Text("/keystore/module"), "--token", Text("/keystore/token"),
                         "--pin-file", Text("/keystore/pin_file")});
  return RunProgram(BuiltProgram("certbroker"), all,
                    {.environment = {{"SOFTHSM2_CONF", Text("/keystore/softhsm2_conf")}}});
}

std::string DevStack::Query(const std::string& sql) const {
  const ProgramResult answer =
      RunProgram("psql", {Text("/database/url"), "-v", "ON_ERROR_STOP=1", "-qtAX", "-c", sql});
  EXPECT_EQ(answer.exit_code, 0) << answer;
  return answer.out.substr(0, answer.out.find_last_not_of('\n') + 1);
}

int DevStack::CertificatesSigned() const {
  std::ifstream file(log("pebble"));
  int signed_so_far = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.find("Issued certificate serial") != std::string::npos) ++signed_so_far;
  }
  return signed_so_far;
}

bool DevStack::KillService() {
  const auto pid_of_service = [&] { return Facts()["pids"].value("certbrokerd", -1); };
  const pid_t before = pid_of_service();
  if (before <= 0 || ::kill(before, SIGKILL) != 0) return false;
  const SystemClock clock;
  // stack.json is written again when the successor is ready.
  for (const auto deadline = clock.Tick() + seconds{60}; clock.Tick() < deadline;) {
    if (const pid_t now = pid_of_service(); now > 0 && now != before) return true;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return false;
}

int DevStack::Stop() {
  const bool ended = supervisor_.Stop(kStopLimit);
  return ended ? supervisor_.Poll()->code : -1;
}

DevStack& SharedStack() {
  if (shared->stack == nullptr) {
    auto started = DevStack::Start({.arguments = {"--restart-service"}, .environment = {}});
    if (!started) {
      std::cerr << started.error().detail() << '\n';
      std::exit(1);
    }
    shared->stack = std::move(*started);
  }
  return *shared->stack;
}

std::vector<pid_t> ProcessesOf(const fs::path& directory) {
  std::vector<pid_t> pids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failed != std::errc{} || end != name.data() + name.size() || pid == ::getpid()) continue;
    const auto command_line = dev::ReadFile(entry.path() / "cmdline");
    if (command_line && command_line->find(directory.string()) != std::string::npos) {
      pids.push_back(pid);
    }
  }
  return pids;
}

}  // namespace certbroker
