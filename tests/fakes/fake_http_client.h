// tests/fakes/fake_http_client.h: an HttpClient that answers from a script.
//
//   FakeHttpClient http;
//   http.Answer({.status = 201, .headers = {{"location", "…"}}, .body = "{}"});
//   http.FailNext(Error(Reason::kOutcomeUnknown, "cut"));
//   http.Handle([](const HttpRequest& request) -> Result<HttpResponse> { … });  // once the queue
//   is empty
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "core/mutex.h"
#include "core/ports/http_client.h"

namespace certbroker {

enum class Delivery {
  kAtOnce,    // `done` runs inside Send
  kOnDemand,  // `done` waits for Pump
};

// Thread-safe; no lock is held while a handler or `done` runs.
class FakeHttpClient final : public HttpClient {
 public:
  using Handler = std::function<Result<HttpResponse>(const HttpRequest&)>;

  explicit FakeHttpClient(Delivery delivery = Delivery::kAtOnce) : delivery_(delivery) {}
  // Pending requests end with kShuttingDown, as the port says.
  ~FakeHttpClient() override;

  void Send(HttpRequest request, Done done) override EXCLUDES(mutex_);

  // Queues the outcome of the next request that has none yet.
  void Answer(HttpResponse response) EXCLUDES(mutex_);
  void FailNext(Error error) EXCLUDES(mutex_);
  // For requests that find the queue empty. Without a handler they end with kInternal.
  void Handle(Handler handler) EXCLUDES(mutex_);

  // kOnDemand: delivers to the oldest waiting request; false when none waits. The outcome is that
  // of the moment of sending.
  bool Pump() EXCLUDES(mutex_);
  // Until none waits, also those that a `done` sends.
  void PumpAll() EXCLUDES(mutex_);

  std::vector<HttpRequest> requests() const EXCLUDES(mutex_);
  std::size_t unused_answers() const EXCLUDES(mutex_);
  std::size_t waiting() const EXCLUDES(mutex_);

 private:
  struct Waiting {
    Done done;
    Result<HttpResponse> outcome;
  };

  const Delivery delivery_;
  mutable Mutex mutex_;
  std::deque<Result<HttpResponse>> outcomes_ GUARDED_BY(mutex_);
  Handler handler_ GUARDED_BY(mutex_);
  std::vector<HttpRequest> requests_ GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
