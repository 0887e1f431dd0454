#include "tests/fakes/fake_http_client.h"

#include <utility>

namespace certbroker {

FakeHttpClient::~FakeHttpClient() {
  std::deque<Waiting> waiting;
  {
    MutexLock lock(mutex_);
    waiting.swap(waiting_);
  }
  for (Waiting& request : waiting) {
    request.done(Error(Reason::kShuttingDown, "the fake HTTP client is destroyed"));
  }
}

void FakeHttpClient::Send(HttpRequest request, Done done) {
  std::optional<Result<HttpResponse>> outcome;
  Handler handler;
  {
    MutexLock lock(mutex_);
    requests_.push_back(request);
    if (!outcomes_.empty()) {
      outcome = std::move(outcomes_.front());
      outcomes_.pop_front();
    } else {
      handler = handler_;
    }
  }
  if (!outcome && handler) outcome = handler(request);
  if (!outcome)
    outcome = Error(Reason::kInternal, "the test has scripted no answer to this request");
  if (delivery_ == Delivery::kAtOnce) {
    done(*std::move(outcome));
    return;
  }
  MutexLock lock(mutex_);
  waiting_.push_back({std::move(done), *std::move(outcome)});
}

void FakeHttpClient::Answer(HttpResponse response) {
  MutexLock lock(mutex_);
  outcomes_.emplace_back(std::move(response));
}

void FakeHttpClient::FailNext(Error error) {
  MutexLock lock(mutex_);
  outcomes_.emplace_back(std::move(error));
}

void FakeHttpClient::Handle(Handler handler) {
  MutexLock lock(mutex_);
  handler_ = std::move(handler);
}

bool FakeHttpClient::Pump() {
  std::optional<Waiting> next;
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) return false;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next->done(std::move(next->outcome));
  return true;
}

void FakeHttpClient::PumpAll() {
  while (Pump()) {
  }
}

std::vector<HttpRequest> FakeHttpClient::requests() const {
  MutexLock lock(mutex_);
  return requests_;
}

std::size_t FakeHttpClient::unused_answers() const {
  MutexLock lock(mutex_);
  return outcomes_.size();
}

std::size_t FakeHttpClient::waiting() const {
  MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace certbroker
