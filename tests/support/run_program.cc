#include "tests/support/run_program.h"

#include <fcntl.h>

#include <ostream>

#include "service/dev/child_process.h"
#include "service/dev/text_file.h"
#include "tests/support/temp_dir.h"

namespace certbroker {

std::ostream& operator<<(std::ostream& out, const ProgramResult& result) {
  return out << "exit code " << result.exit_code << "\n--- standard output\n"
             << result.out << "--- standard error\n"
             << result.err << "---\n";
}

ProgramResult RunProgram(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments, const RunOptions& options) {
  const TempDir dir;
  const std::string out_path = dir.path() + "/out";
  const std::string err_path = dir.path() + "/err";
  const dev::UniqueFd out(
      ::open(out_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  ProgramResult result = {.exit_code = 127, .out = {}, .err = {}};
  const auto file = dev::ProgramFile::Open(program);
  if (!file) {
    result.err = file.error().detail();
    return result;
  }
  auto child = dev::ChildProcess::Start({.name = program.filename().string(),
                                         .program = &*file,
                                         .arguments = arguments,
                                         .environment = options.environment,
                                         .log = err_path,
                                         .output_fd = out.get()});
  if (!child) {
    result.err = child.error().detail();
    return result;
  }
  if (!child->WaitFor(options.limit)) child->Stop(std::chrono::milliseconds{0});
  result.exit_code = child->Poll()->code;
  if (const auto text = dev::ReadFile(out_path)) result.out = *text;
  if (const auto text = dev::ReadFile(err_path)) result.err = *text;
  return result;
}

}  // namespace certbroker
