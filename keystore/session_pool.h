// keystore/session_pool.h: sessions of one token, opened as needed, used by one thread at a time.
//
// The last one given back is the first one used again, so that idle ones stay idle. A session after
// an error is closed, not reused: it may hold an operation that nobody finishes any more.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker::keystore {

// A session that reads; one that also writes where the token has no others.
CK_RV OpenSession(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, CK_SESSION_HANDLE* session);

// Thread-safe. Every call must be made inside the module's Gate.
class SessionPool {
 public:
  SessionPool(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, std::size_t limit);
  // Closes the idle ones. No lease may be out.
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  // One session, in use. Closed when destroyed, unless GiveBack was called.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    CK_SESSION_HANDLE handle() const { return handle_; }
    void GiveBack() &&;

   private:
    friend class SessionPool;
    Lease(SessionPool& pool, CK_SESSION_HANDLE handle) : pool_(&pool), handle_(handle) {}
    SessionPool* pool_;
    CK_SESSION_HANDLE handle_;
  };

  struct Acquired {
    CK_RV rv = CKR_OK;           // why there is no lease
    std::optional<Lease> lease;  // exactly when rv is CKR_OK
  };
  // Waits for a session while all are in use: CKR_SESSION_COUNT at `deadline`. A token that has no
  // more sessions than we hold shrinks the pool to what it gave.
  Acquired Acquire(SteadyTime deadline) EXCLUDES(mutex_);

  // Closes the sessions that nobody uses: after a reset of the token they are all dead.
  void CloseIdle() EXCLUDES(mutex_);

 private:
  void Release(CK_SESSION_HANDLE session, bool reusable) EXCLUDES(mutex_);

  CK_FUNCTION_LIST& functions_;
  const CK_SLOT_ID slot_;
  Mutex mutex_;
  ConditionVariable released_;
  std::size_t limit_ GUARDED_BY(mutex_);
  std::size_t open_ GUARDED_BY(mutex_) = 0;  // idle and leased, and those being opened
  std::vector<CK_SESSION_HANDLE> idle_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::keystore
