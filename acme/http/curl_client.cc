#include "acme/http/curl_client.h"

#include <pthread.h>

#include <csignal>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>

#include <curl/curl.h>

#include "acme/http/curl_exchange.h"
#include "core/check.h"
#include "core/mutex.h"

namespace certbroker::acme {
namespace {

constexpr int kPollMs = 60'000;  // curl shortens it to its own timers; Send and Stop wake it

Error ShuttingDown() {
  return Error(Reason::kShuttingDown, "the HTTP client is shutting down; nothing more is sent");
}

void InitialiseCurl() {
  static const CURLcode kCode = curl_global_init(CURL_GLOBAL_DEFAULT);
  CERTBROKER_CHECK(kCode == CURLE_OK);
}

// A signal is for main's thread; and OpenSSL writes without MSG_NOSIGNAL, so a peer that is gone
// would end the process by SIGPIPE.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  CERTBROKER_CHECK(pthread_sigmask(SIG_BLOCK, &all, nullptr) == 0);
}

}  // namespace

// The thread, its multi handle, and the queue that leads to it. Only curl_multi_wakeup may be
// called on the handle from other threads.
class CurlClient::Loop {
 public:
  explicit Loop(CurlClientOptions options) : options_(std::move(options)) {
    InitialiseCurl();
    multi_ = curl_multi_init();
    CERTBROKER_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, options_.max_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options_.max_connections);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Send(HttpRequest request, Done done) EXCLUDES(mutex_) {
    if (Queue(request, done)) {
      curl_multi_wakeup(multi_);
    } else {
      // The client is being destroyed, and a `done` of its last answers sends on.
      done(ShuttingDown());
    }
  }

 private:
  struct Pending {
    HttpRequest request;
    Done done;
  };

  // Takes both, or neither and says false.
  bool Queue(HttpRequest& request, Done& done) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    incoming_.push_back({std::move(request), std::move(done)});
    return true;
  }

  void Run() EXCLUDES(mutex_) {
    BlockSignals();
    pthread_setname_np(pthread_self(), "acme-http");
    while (StartIncoming()) {
      int running = 0;
      CERTBROKER_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      if (FinishDone()) continue;  // a `done` may have sent more
      CERTBROKER_CHECK(curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr) == CURLM_OK);
    }
    AbandonAll();
  }

  // False when it is time to stop.
  bool StartIncoming() EXCLUDES(mutex_) {
    std::deque<Pending> incoming;
    {
      MutexLock lock(mutex_);
      if (stopping_) return false;
      incoming.swap(incoming_);
    }
    for (Pending& pending : incoming) {
      auto exchange = std::make_unique<CurlExchange>(options_, std::move(pending.request),
                                                     std::move(pending.done));
      CURL* handle = exchange->handle();
      CERTBROKER_CHECK(curl_multi_add_handle(multi_, handle) == CURLM_OK);
      active_.emplace(handle, std::move(exchange));
    }
    return true;
  }

  bool FinishDone() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // gone with the handle's removal
      const auto found = active_.find(message->easy_handle);
      CERTBROKER_CHECK(found != active_.end());
      const auto exchange = std::move(found->second);
      active_.erase(found);
      curl_multi_remove_handle(multi_, exchange->handle());
      exchange->Finish(exchange->Outcome(code));
      any = true;
    }
    return any;
  }

  void AbandonAll() EXCLUDES(mutex_) {
    for (auto& [handle, exchange] : active_) {
      curl_multi_remove_handle(multi_, handle);
      exchange->Finish(ShuttingDown());
    }
    active_.clear();
    std::deque<Pending> incoming;
    {
      MutexLock lock(mutex_);
      incoming.swap(incoming_);
    }
    for (Pending& pending : incoming) pending.done(ShuttingDown());
  }

  const CurlClientOptions options_;
  CURLM* multi_ = nullptr;
  Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::deque<Pending> incoming_ GUARDED_BY(mutex_);
  std::unordered_map<CURL*, std::unique_ptr<CurlExchange>> active_;  // the thread's own
  std::thread thread_;
};

CurlClient::CurlClient(CurlClientOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}

CurlClient::~CurlClient() = default;

void CurlClient::Send(HttpRequest request, Done done) {
  loop_->Send(std::move(request), std::move(done));
}

}  // namespace certbroker::acme
