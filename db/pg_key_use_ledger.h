// db/pg_key_use_ledger.h: the ledger of key uses in Postgres: one hash chain for all replicas.
//
// Whoever appends locks the chain's head, so appending is one at a time for the whole fleet; what
// comes meanwhile is appended together, in one commit.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "core/ports/key_use_ledger.h"

namespace certbroker::db {

class ConnectionPool;

class PgKeyUseLedger final : public KeyUseLedger {
 public:
  using Sha256 = std::function<Bytes(ByteView)>;
  // The pool outlives it. `replica`: the name of this process, for the record.
  PgKeyUseLedger(ConnectionPool& pool, std::string replica, Sha256 sha256);
  ~PgKeyUseLedger() override;

  // kOverloaded: very many wait already.
  Result<void> Record(const KeyUse& use, SteadyTime deadline) override EXCLUDES(mutex_);

 private:
  struct Waiting {
    KeyUse use;
    bool done = false;
    std::optional<Error> error = {};
  };
  using WaitingPtr = std::shared_ptr<Waiting>;

  void Run() EXCLUDES(mutex_);
  std::vector<WaitingPtr> Take() EXCLUDES(mutex_);
  Result<void> Append(const std::vector<WaitingPtr>& batch);

  ConnectionPool& pool_;
  const std::string replica_;
  const Sha256 sha256_;
  Mutex mutex_;
  ConditionVariable wake_;     // of the writer
  ConditionVariable written_;  // of those who wait for a record
  std::deque<WaitingPtr> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread writer_;  // last: everything else exists when it starts
};

}  // namespace certbroker::db
