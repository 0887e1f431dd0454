// service/rpc/watch_stream.h: a server stream that sends a thing now and again at every change:
// parked, it costs memory only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "core/mutex.h"
#include "core/result.h"
#include "service/rpc/status.h"
#include "service/rpc/stream_roster.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/watch_hub.h"

namespace certbroker::rpc {

template <class Response>
struct Snapshot {
  Response response;
  bool last = false;  // nothing will change any more: send it, then end the stream with OK
};

// Lives until gRPC is done with it, or until a read that is under way then has ended: `look` holds
// only what outlives the server. Reads (`look`, which blocks) happen on the executor, one at a
// time, the first as TryPost allows (kOverloaded), those for changes only while the executor has
// little to do, so that many watches leave room for other calls; what comes between two reads is
// coalesced; what equals the last thing sent is not sent.
template <class Response>
class WatchStream final : public grpc::ServerWriteReactor<Response>,
                          public std::enable_shared_from_this<WatchStream<Response>> {
 public:
  using Look = std::function<Result<Snapshot<Response>>()>;

  // For `caller`, until there is a reason to refuse it.
  static WatchStream* Open(const CallDeps& deps, const Caller& caller, WatchHub& hub,
                           std::string key, Look look) {
    auto stream = std::shared_ptr<WatchStream>(new WatchStream(deps.executor, std::move(look)));
    stream->self_ = stream;
    const std::weak_ptr<WatchStream> weak(stream);
    stream->on_roster_ = deps.streams.Add(caller, [weak](const Error& error) {
      if (const auto alive = weak.lock()) alive->End(ToStatus(error));
    });
    // Watching begins before the first look, so that no change falls between them.
    stream->watch_ = hub.Add(
        std::move(key),
        [weak] {
          const auto alive = weak.lock();
          return alive == nullptr || alive->LookAgain();
        },
        [weak](const Error& error) {
          if (const auto alive = weak.lock()) alive->End(ToStatus(error));
        });
    stream->LookFirst();
    return stream.get();
  }

  void OnWriteDone(bool ok) override {
    bool look = false;
    bool end = false;
    {
      const MutexLock lock(mutex_);
      writing_ = false;
      end = !ok || last_;
      look = !end && std::exchange(changed_, false);
      if (look) looking_ = true;
    }
    if (end) {
      End(grpc::Status::OK);
    } else if (look) {
      PostLook();
    }
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    watch_.reset();
    on_roster_.reset();
    self_.reset();  // the last owner, unless a look is under way
  }

 private:
  WatchStream(Executor& executor, Look look) : executor_(executor), look_(std::move(look)) {}

  void LookFirst() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (ended_ || looking_ || writing_) return;  // a hint was faster
      looking_ = true;
    }
    if (!executor_.TryPost(Looking())) End(ToStatus(Overloaded()));
  }

  // False: the executor has too much to do. Tell again.
  bool LookAgain() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (ended_) return true;
      if (looking_ || writing_) {
        changed_ = true;
        return true;
      }
      looking_ = true;
    }
    if (executor_.TryPostMinor(Looking())) return true;
    const MutexLock lock(mutex_);
    looking_ = false;
    return false;
  }

  // Goes on with a look that has had its turn: one per stream at most.
  void PostLook() { executor_.Post(Looking()); }

  UniqueFunction<void()> Looking() {
    return [self = this->shared_from_this()] { self->LookNow(); };
  }

  void LookNow() EXCLUDES(mutex_) {
    auto snapshot = look_();
    if (!snapshot) {
      End(ToStatus(snapshot.error()));
      return;
    }
    std::string text = snapshot->response.SerializeAsString();
    bool again = false;
    {
      const MutexLock lock(mutex_);
      looking_ = false;
      if (ended_) return;
      if (text != sent_ || snapshot->last) {
        sent_ = std::move(text);
        response_ = std::move(snapshot->response);
        last_ = snapshot->last;
        writing_ = true;
        this->StartWrite(&response_);
        return;
      }
      again = std::exchange(changed_, false);
      if (again) looking_ = true;
    }
    if (again) PostLook();
  }

  void End(const grpc::Status& status) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      looking_ = false;
      if (std::exchange(ended_, true)) return;
    }
    this->Finish(status);
  }

  Executor& executor_;
  const Look look_;
  std::shared_ptr<WatchStream> self_;
  std::unique_ptr<WatchHub::Watch> watch_;
  std::unique_ptr<StreamRoster::Entry> on_roster_;
  Response response_;  // while writing_
  Mutex mutex_;
  std::string sent_ GUARDED_BY(mutex_);
  bool looking_ GUARDED_BY(mutex_) = false;
  bool writing_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = false;
  bool last_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace certbroker::rpc
