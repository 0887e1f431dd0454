// db/connection.h: one session with the database: one backend process, from connect to the first
// failure.
//
// libpqxx 6 reconnects silently when a lost connection is used again, on another backend, without
// what the session had set (reliability 1.8). Here a session never comes back: after the first
// exception it is spoiled, and whoever holds it throws it away. Only db/ sees this header.
#pragma once

#include <memory>
#include <string>

#include <pqxx/connection>

#include "core/result.h"

namespace certbroker::db {

// Used by one thread at a time.
class Connection {
 public:
  // Blocks up to connect_timeout. kDatabaseUnavailable.
  static Result<std::unique_ptr<Connection>> Open(const std::string& complete_conninfo);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  pqxx::connection& session() { return session_; }
  // The same socket under a number of its own, for the watchdog: valid as long as this object.
  int watched_socket() const { return watched_socket_; }

  void Spoil() { spoiled_ = true; }
  bool usable() const { return !spoiled_ && session_.is_open(); }

 private:
  explicit Connection(const std::string& conninfo);

  pqxx::connection session_;
  int watched_socket_;
  bool spoiled_ = false;
};

}  // namespace certbroker::db
