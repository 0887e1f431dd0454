#include "db/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include <libpq-fe.h>

#include "db/translate_error.h"

namespace certbroker::db {
namespace {

void ForbidReconnecting(pqxx::connection& session) {
  // Deprecated because libpqxx 7 does not reconnect any more; in 6 it is the only way to forbid it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  session.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

// libpq's message about a connection string quotes it, password included.
bool CanBeRead(const std::string& conninfo) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(conninfo.c_str(), &message), PQconninfoFree);
  PQfreemem(message);
  return options != nullptr;
}

}  // namespace

Connection::Connection(const std::string& conninfo)
    : session_(conninfo), watched_socket_(fcntl(session_.sock(), F_DUPFD_CLOEXEC, 0)) {
  ForbidReconnecting(session_);
}

Connection::~Connection() {
  session_.disconnect();
  if (watched_socket_ >= 0) close(watched_socket_);
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& complete_conninfo) {
  if (!CanBeRead(complete_conninfo)) {
    return DatabaseUnavailable("the connection string is not one that libpq can read");
  }
  try {
    return std::unique_ptr<Connection>(new Connection(complete_conninfo));
  } catch (...) {
    return TranslateException(SessionState::kClosed).error;
  }
}

}  // namespace certbroker::db
