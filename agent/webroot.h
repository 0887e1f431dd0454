// agent/webroot.h: answers http-01 through a web server that is there already: one file per token
// in DIR/.well-known/acme-challenge/.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "agent/challenge.h"
#include "core/mutex.h"

namespace certbroker::agent {

// What it has presented is removed with it. Whether the web server serves DIR for the name, and who
// fetches, it cannot know.
class Webroot final : public ChallengeSolver {
 public:
  // Makes the two folders inside `root`, which must exist. kFileUnusable.
  static Result<std::unique_ptr<Webroot>> Open(const std::filesystem::path& root);
  ~Webroot() override;

  // The file appears whole, readable by everybody. kInvalidArgument: the token is none.
  Result<void> Present(const Challenge& challenge) override EXCLUDES(mutex_);
  Result<void> Remove(const std::string& token) override EXCLUDES(mutex_);
  std::size_t presented() const override EXCLUDES(mutex_);

 private:
  explicit Webroot(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path folder_;
  mutable Mutex mutex_;
  std::set<std::string> tokens_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::agent
