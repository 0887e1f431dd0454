// bench/stack_handle.h: the certbroker that is measured: one of its own, or one that runs already.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "service/dev/child_process.h"

namespace certbroker::bench {

// What a measurement needs of stack.json (service/dev/stack_json.h).
struct StackFacts {
  std::string agent_address;
  std::filesystem::path ca;
  std::filesystem::path identity;
  std::filesystem::path identity_key;
  std::string http_listen;  // where the CA looks for http-01 answers
  std::filesystem::path pebble_log;
  std::filesystem::path pebble_roots;
  std::string pebble_program;
  bool database_fsync = false;
  pid_t service_pid = 0;
  pid_t postgres_pid = 0;
};

// kFileUnusable: no such file, or not a stack.json.
Result<StackFacts> ReadStackJson(const std::filesystem::path& file);

// Move-only; from main's thread. A stack that it started ends with it, folder and all; one that it
// joined goes on.
class StackHandle {
 public:
  // `certbrokerd dev` in a new folder below /tmp; `arguments` besides --dir, --ready-fd, --quiet.
  // kConfigInvalid: no such program. kInternal, with what it said: it did not become ready.
  static Result<StackHandle> Start(const std::filesystem::path& certbrokerd,
                                   const std::vector<std::string>& arguments);
  static Result<StackHandle> Join(const std::filesystem::path& stack_json);

  StackHandle(StackHandle&& other) noexcept;
  StackHandle& operator=(StackHandle&&) = delete;
  ~StackHandle();

  const StackFacts& facts() const { return facts_; }

 private:
  StackHandle() = default;

  StackFacts facts_;
  std::filesystem::path directory_;  // empty: not ours
  std::optional<dev::ChildProcess> supervisor_;
};

}  // namespace certbroker::bench
