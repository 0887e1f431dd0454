// db/connection_pool.h: a bounded number of sessions, lent to one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/result.h"
#include "db/watchdog.h"

namespace certbroker::db {

class Connection;

// Thread-safe. Outlives everything that it lends. Sessions are opened when they are needed, so a
// pool can be made while the database is away.
class ConnectionPool {
 public:
  struct Options {
    std::string conninfo;         // libpq's; completed with CompleteConninfo
    std::size_t connections = 8;  // at most as many at once; one per thread that uses the database
    // A transaction that takes longer has its socket shut down (Watchdog). The server's own
    // statement_timeout is four fifths of it, so that a slow statement ends without losing the
    // session.
    std::chrono::milliseconds call_timeout{6'000};
    std::chrono::milliseconds wait_timeout{5'000};  // for one of the connections to come back
  };

  ConnectionPool(Options options, const Clock& clock, Log& log);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // A session for one transaction, under the watchdog's eye until it is given back by destruction.
  // One that is not usable any more is closed instead of given back.
  class Loan {
   public:
    Loan(ConnectionPool& pool, std::unique_ptr<Connection> connection);
    ~Loan();
    Loan(Loan&& other) noexcept;
    Loan& operator=(Loan&&) = delete;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    Connection& connection() { return *connection_; }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Watchdog::Guard> guard_;
  };

  // Blocks while all sessions are lent (up to wait_timeout) and while a new one connects.
  // kDatabaseUnavailable.
  Result<Loan> Borrow() EXCLUDES(mutex_);

  // Closes the sessions that nobody uses: when one has broken, the others most likely have too.
  void CloseIdle() EXCLUDES(mutex_);

  Log& log() { return log_; }

 private:
  // Nothing: the caller may open a session of its own, for which a place is reserved.
  Result<std::unique_ptr<Connection>> TakeIdleOrPlace() EXCLUDES(mutex_);
  void GiveBack(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);

  const Options options_;
  const std::string conninfo_;
  const Clock& clock_;
  Log& log_;
  Watchdog watchdog_;
  Mutex mutex_;
  ConditionVariable returned_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  std::size_t lent_ GUARDED_BY(mutex_) = 0;
};

}  // namespace certbroker::db
