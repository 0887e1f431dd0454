#include "db/connection_pool.h"

#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "db/connection.h"
#include "db/conninfo.h"
#include "db/translate_error.h"

namespace certbroker::db {
namespace {

SessionLimits LimitsFor(std::chrono::milliseconds call_timeout) {
  return {.statement = call_timeout * 4 / 5,
          .lock = call_timeout * 2 / 5,
          .idle_in_transaction = call_timeout * 2};
}

}  // namespace

ConnectionPool::ConnectionPool(Options options, const Clock& clock, Log& log)
    : options_(std::move(options)),
      conninfo_(CompleteConninfo(options_.conninfo, LimitsFor(options_.call_timeout))),
      clock_(clock),
      log_(log),
      watchdog_(clock) {}

ConnectionPool::~ConnectionPool() {
  const MutexLock lock(mutex_);
  CERTBROKER_CHECK(lent_ == 0);
}

Result<ConnectionPool::Loan> ConnectionPool::Borrow() {
  ASSIGN_OR_RETURN(auto connection, TakeIdleOrPlace());
  if (connection == nullptr) {
    auto opened = Connection::Open(conninfo_);
    if (!opened) {
      GiveBack(nullptr);
      return std::move(opened).error();
    }
    connection = *std::move(opened);
  }
  return Loan(*this, std::move(connection));
}

Result<std::unique_ptr<Connection>> ConnectionPool::TakeIdleOrPlace() {
  const SteadyTime deadline = clock_.Tick() + options_.wait_timeout;
  const MutexLock lock(mutex_);
  while (lent_ >= options_.connections) {
    if (!returned_.WaitUntil(mutex_, deadline) && lent_ >= options_.connections) {
      return Error(Reason::kDatabaseUnavailable,
                   fmt::format("all {} database connections were busy for {} ms: the database is "
                               "slow, or database.connections is too low",
                               options_.connections, options_.wait_timeout.count()));
    }
  }
  ++lent_;
  if (idle_.empty()) return std::unique_ptr<Connection>();
  // The one used last: its backend's caches are warm, and those at the bottom may grow old unused.
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ConnectionPool::GiveBack(std::unique_ptr<Connection> connection) {
  if (connection != nullptr && !connection->usable()) connection.reset();
  {
    const MutexLock lock(mutex_);
    --lent_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }
  returned_.NotifyOne();
}

void ConnectionPool::CloseIdle() {
  std::vector<std::unique_ptr<Connection>> closing;  // outside the lock: closing writes to sockets
  const MutexLock lock(mutex_);
  closing.swap(idle_);
}

ConnectionPool::Loan::Loan(ConnectionPool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool),
      connection_(std::move(connection)),
      guard_(std::make_unique<Watchdog::Guard>(pool.watchdog_, connection_->watched_socket(),
                                               pool.clock_.Tick() + pool.options_.call_timeout)) {}

ConnectionPool::Loan::Loan(Loan&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      connection_(std::move(other.connection_)),
      guard_(std::move(other.guard_)) {}

ConnectionPool::Loan::~Loan() {
  if (pool_ == nullptr) return;
  guard_.reset();  // before the descriptor that it watches is closed
  pool_->GiveBack(std::move(connection_));
}

}  // namespace certbroker::db
