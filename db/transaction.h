// db/transaction.h: statements that happen together or not at all, run until the outcome is known.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports/change_feed.h"
#include "core/result.h"
#include "db/connection_pool.h"
#include "db/param.h"
#include "db/query.h"
#include "db/row.h"
#include "db/translate_error.h"

namespace pqxx {
class transaction_base;
}

namespace certbroker::db {

// kWrite: read committed; each statement sees what is committed when it begins. kRead: read-only,
// all statements see one moment.
enum class Mode { kWrite, kRead };

// What the body of a transaction works with; one thread, one attempt.
class Transaction {
 public:
  Transaction(Connection& connection, Mode mode);
  ~Transaction();  // rolls back unless committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // After an error of Exec the transaction can only be left: return the error.
  Result<Rows> Exec(const Query& query, const Params& params = {});
  // Several statements without parameters: migrations.
  Result<void> ExecScript(std::string_view script);

  // A hint to everybody who listens; delivered when, and only when, this transaction commits.
  void Tell(Channel channel, std::string payload = {});

  Result<void> Commit();

  // Of the last call that failed.
  Fault fault() const { return fault_; }

 private:
  Result<void> Begin();
  Result<void> SendHints();
  Error Fail();  // inside a catch block

  Connection& connection_;
  const Mode mode_;
  std::unique_ptr<pqxx::transaction_base> work_;
  std::vector<Param> hint_channels_;
  std::vector<Param> hint_payloads_;
  Fault fault_ = Fault::kNone;
};

// Runs `body` in a transaction and commits it; an error that `body` returns rolls it back and is
// the result. When the session breaks, the COMMIT is in doubt or the server asks for it, the whole
// transaction is run again on another session: a body must be safe to run again after a run of it
// has been committed (unique keys: insert or find, then compare), and must set whatever it captures
// anew in each run. `doing` says for people what was tried ("storing order …").
//
// Errors: the body's · kDatabaseUnavailable · kInternal (a statement is wrong).
using TransactionBody = std::function<Result<void>(Transaction&)>;
Result<void> RunTransaction(ConnectionPool& pool, Mode mode, std::string_view doing,
                            const TransactionBody& body);

// The same for a body that has a result: `body` is Result<T>(Transaction&).
template <class T, class Body>
Result<T> RunTransactionFor(ConnectionPool& pool, Mode mode, std::string_view doing,
                            const Body& body) {
  std::optional<T> value;
  RETURN_IF_ERROR(RunTransaction(pool, mode, doing, [&](Transaction& tx) -> Result<void> {
    value.reset();
    ASSIGN_OR_RETURN(value, body(tx));
    return {};
  }));
  return *std::move(value);
}

}  // namespace certbroker::db
