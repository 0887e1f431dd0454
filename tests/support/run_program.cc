#include "tests/support/run_program.h"

#include <fcntl.h>

#include <ostream>

#include "service/dev/text_file.h"

namespace certbroker {

std::ostream& operator<<(std::ostream& out, const ProgramResult& result) {
  return out << "exit code " << result.exit_code << "\n--- standard output\n"
             << result.out << "--- standard error\n"
             << result.err << "---\n";
}

namespace {

std::string TextOf(const std::string& path) {
  const auto text = dev::ReadFile(path);
  return text ? *text : std::string();
}

}  // namespace

RunningProgram::RunningProgram(const std::filesystem::path& program,
                               const std::vector<std::string>& arguments, const RunOptions& options)
    : limit_(options.limit) {
  const UniqueFd out(
      ::open((dir_.path() + "/out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const auto file = dev::ProgramFile::Open(program);
  if (!file) {
    failure_ = file.error().detail();
    return;
  }
  auto child = dev::ChildProcess::Start({.name = program.filename().string(),
                                         .program = &*file,
                                         .arguments = arguments,
                                         .environment = options.environment,
                                         .log = dir_.path() + "/err",
                                         .output_fd = out.get()});
  if (child) {
    child_ = *std::move(child);
  } else {
    failure_ = child.error().detail();
  }
}

std::string RunningProgram::out() const { return TextOf(dir_.path() + "/out"); }

std::string RunningProgram::err() const { return child_ ? TextOf(dir_.path() + "/err") : failure_; }

void RunningProgram::Signal(int signal) {
  if (Running()) ::kill(child_->pid(), signal);
}

ProgramResult RunningProgram::Wait() {
  if (!child_) return {.exit_code = 127, .out = {}, .err = failure_};
  if (!child_->WaitFor(limit_)) child_->Stop(std::chrono::milliseconds{0});
  return {.exit_code = child_->Poll()->code, .out = out(), .err = err()};
}

ProgramResult RunProgram(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments, const RunOptions& options) {
  return RunningProgram(program, arguments, options).Wait();
}

}  // namespace certbroker
