#include "keystore/session_pool.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "keystore/ckr.h"

namespace certbroker::keystore {

CK_RV OpenSession(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, CK_SESSION_HANDLE* session) {
  const CK_RV rv = functions.C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, session);
  if (Classify(rv) != Fault::kFinal) return rv;
  return functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                 session);
}

SessionPool::SessionPool(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, std::size_t limit)
    : functions_(functions), slot_(slot), limit_(std::max<std::size_t>(limit, 1)) {}

SessionPool::~SessionPool() {
  CloseIdle();
  const MutexLock lock(mutex_);
  CERTBROKER_CHECK(open_ == 0);
}

SessionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), handle_(other.handle_) {}

SessionPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->Release(handle_, false);
}

void SessionPool::Lease::GiveBack() && { std::exchange(pool_, nullptr)->Release(handle_, true); }

SessionPool::Acquired SessionPool::Acquire(SteadyTime deadline) {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (idle_.empty() && open_ >= limit_) {
        if (!released_.WaitUntil(mutex_, deadline) && idle_.empty() && open_ >= limit_) {
          return {CKR_SESSION_COUNT, std::nullopt};
        }
      }
      if (!idle_.empty()) {
        const CK_SESSION_HANDLE session = idle_.back();
        idle_.pop_back();
        return {CKR_OK, Lease(*this, session)};
      }
      ++open_;
    }
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    const CK_RV rv = OpenSession(functions_, slot_, &session);
    if (rv == CKR_OK) return {CKR_OK, Lease(*this, session)};
    const MutexLock lock(mutex_);
    --open_;
    // Somebody else in this pool has one: wait for it instead of asking the token again and again.
    if (rv != CKR_SESSION_COUNT || open_ == 0) {
      released_.NotifyOne();
      return {rv, std::nullopt};
    }
    limit_ = open_;
  }
}

void SessionPool::Release(CK_SESSION_HANDLE session, bool reusable) {
  if (!reusable) functions_.C_CloseSession(session);
  {
    const MutexLock lock(mutex_);
    if (reusable) {
      idle_.push_back(session);
    } else {
      --open_;
    }
  }
  released_.NotifyOne();
}

void SessionPool::CloseIdle() {
  std::vector<CK_SESSION_HANDLE> idle;
  {
    const MutexLock lock(mutex_);
    idle.swap(idle_);
    open_ -= idle.size();
  }
  for (const CK_SESSION_HANDLE session : idle) functions_.C_CloseSession(session);
  released_.NotifyAll();
}

}  // namespace certbroker::keystore
