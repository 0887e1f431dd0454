// db/pg_change_feed.h: ChangeFeed on LISTEN/NOTIFY: a session and a thread of its own.
//
// After every (re)connect each listener gets an empty payload, because hints may have been lost
// before. LISTEN belongs to a session: the connection string must lead to Postgres itself or to a
// pooler in session mode.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "core/clock.h"
#include "core/listeners.h"
#include "core/log.h"
#include "core/ports/change_feed.h"
#include "core/random.h"
#include "db/watchdog.h"

namespace certbroker::db {

class Connection;

class PgChangeFeed final : public ChangeFeed {
 public:
  struct Options {
    std::string conninfo;
    // A session that has been silent so long is asked whether it still lives.
    std::chrono::milliseconds check_every{30'000};
    std::chrono::milliseconds call_timeout{6'000};
  };

  // Begins to connect; never fails: while the database is away there are simply no hints.
  PgChangeFeed(Options options, const Clock& clock, Random& random, Log& log);
  ~PgChangeFeed() override;  // no listener runs afterwards
  PgChangeFeed(const PgChangeFeed&) = delete;
  PgChangeFeed& operator=(const PgChangeFeed&) = delete;

  std::unique_ptr<Subscription> Subscribe(Channel channel, Listener listener) override;

 private:
  void Run();
  void Listen(Connection& connection);
  bool StillAnswers(Connection& connection);
  // Until the socket (or -1) can be read, Stop, or the time is over. False: stop.
  bool WaitFor(int socket, std::chrono::milliseconds timeout);

  const Options options_;
  const std::string conninfo_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  Watchdog watchdog_;
  const std::shared_ptr<Listeners> listeners_;
  const int stop_event_;  // eventfd: readable when it is time to stop
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace certbroker::db
