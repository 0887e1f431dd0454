#include "acme/directory_cache.h"

#include <memory>
#include <utility>

#include "acme/problem.h"

namespace certbroker::acme {
namespace {

constexpr std::chrono::hours kFresh{1};

Result<Directory> ReadDirectory(const Result<HttpResponse>& result, Time now) {
  if (!result) return result.error();
  if (result->status != 200) return ToError(*result, now);
  return ParseDirectory(result->body);
}

}  // namespace

DirectoryCache::DirectoryCache(HttpsUrl url, std::chrono::milliseconds timeout, HttpClient& http,
                               Clock& clock, Executor& workers)
    : url_(std::move(url)), timeout_(timeout), http_(http), clock_(clock), workers_(workers) {}

void DirectoryCache::Get(Done done) {
  std::optional<Directory> cached;
  {
    const MutexLock lock(mutex_);
    if (directory_ && clock_.Tick() - fetched_ < kFresh) {
      cached = directory_;
    } else {
      waiting_.push_back(std::move(done));
      if (waiting_.size() > 1) return;
    }
  }
  if (cached) {
    // NOLINTNEXTLINE(bugprone-use-after-move): moved only where nothing is cached
    done(*std::move(cached));
    return;
  }
  HttpRequest request;
  request.url = url_;
  request.timeout = timeout_;
  http_.Send(std::move(request), [this](Result<HttpResponse> result) {
    workers_.Post([this, result = std::move(result)] { OnAnswer(result); });
  });
}

void DirectoryCache::Forget() {
  const MutexLock lock(mutex_);
  directory_.reset();
}

void DirectoryCache::OnAnswer(const Result<HttpResponse>& result) {
  Result<Directory> read = ReadDirectory(result, clock_.Now());
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    if (read) {
      directory_ = *read;
      fetched_ = clock_.Tick();
    }
    waiting.swap(waiting_);
  }
  for (Done& done : waiting) {
    if (read) {
      done(*read);
    } else {
      done(Error(read.error()).While("reading the directory " + url_.ToString()));
    }
  }
}

}  // namespace certbroker::acme
