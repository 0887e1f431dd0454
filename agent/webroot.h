// agent/webroot.h: answers http-01 through a web server that is there already: one file per token
// in DIR/.well-known/acme-challenge/.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "agent/challenge.h"
#include "agent/held_folder.h"
#include "core/mutex.h"

namespace certbroker::agent {

// What it has presented is removed with it. Whether the web server serves DIR for the name, and who
// fetches, it cannot know.
class Webroot final : public ChallengeSolver {
 public:
  // Makes the two folders inside `root`, which must exist. Neither may be a symbolic link, because
  // whoever owns the web root could let it lead anywhere; `root` itself may be reached through
  // some. Whatever is renamed later, the files go to the folder found now. kFileUnusable.
  static Result<std::unique_ptr<Webroot>> Open(const std::filesystem::path& root);
  ~Webroot() override;

  // The file appears whole, readable by everybody. kInvalidArgument: CheckForm, or the
  // token is longer than 250 characters and so no file's name.
  Result<void> Present(const Challenge& challenge) override EXCLUDES(mutex_);
  Result<void> Remove(const std::string& token) override EXCLUDES(mutex_);
  std::size_t presented() const override EXCLUDES(mutex_);

 private:
  explicit Webroot(HeldFolder folder) : folder_(std::move(folder)) {}

  const HeldFolder folder_;
  mutable Mutex mutex_;
  std::set<std::string> tokens_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::agent
