// db/translate_error.h: the one place where an exception of libpqxx becomes an Error.
#pragma once

#include "core/error.h"

namespace certbroker::db {

// What a failed attempt means for the next one.
enum class Fault {
  kNone,
  kBroken,     // the session is gone; nothing of the transaction is stored
  kInDoubt,    // the session went during COMMIT: stored or not (reliability 1.9)
  kTransient,  // deadlock, serialization, a lock or statement that took too long
  kFinal,      // running it again would fail again
};

struct Failure {
  Fault fault;
  Error error;
};

// Whether the session still looks alive after the exception: libpqxx 6.4 reports some broken
// connections as failed statements (reliability 1.8).
enum class SessionState { kOpen, kClosed };

// Only inside a catch block: of the exception that is being handled.
Failure TranslateException(SessionState session);

// The error for a database that cannot be reached or does not answer; `cause` is made printable.
Error DatabaseUnavailable(std::string_view cause);

}  // namespace certbroker::db
