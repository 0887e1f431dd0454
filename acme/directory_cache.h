// acme/directory_cache.h: the directory of one CA, fetched once for everybody who asks meanwhile.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "acme/directory.h"
#include "core/clock.h"
#include "core/executor.h"
#include "core/mutex.h"
#include "core/ports/http_client.h"
#include "core/result.h"
#include "core/unique_function.h"

namespace certbroker::acme {

// Thread-safe. Must outlive its pending fetch.
class DirectoryCache {
 public:
  using Done = UniqueFunction<void(Result<Directory>)>;

  DirectoryCache(HttpsUrl url, std::chrono::milliseconds timeout, HttpClient& http, Clock& clock,
                 Executor& workers);

  // From the cache while it is fresh, else fetched (unsigned GET, RFC 8555 §7.1.1). `done` runs on
  // a worker.
  void Get(Done done) EXCLUDES(mutex_);
  // An address of it answered as if it did not exist: the next Get fetches (T14).
  void Forget() EXCLUDES(mutex_);

 private:
  void OnAnswer(const Result<HttpResponse>& result) EXCLUDES(mutex_);

  const HttpsUrl url_;
  const std::chrono::milliseconds timeout_;
  HttpClient& http_;
  Clock& clock_;
  Executor& workers_;
  Mutex mutex_;
  std::optional<Directory> directory_ GUARDED_BY(mutex_);
  SteadyTime fetched_ GUARDED_BY(mutex_);
  std::vector<Done> waiting_ GUARDED_BY(mutex_);  // not empty: a fetch is under way
};

}  // namespace certbroker::acme
