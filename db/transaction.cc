#include "db/transaction.h"

#include <exception>

#include <fmt/format.h>
#include <pqxx/prepared_statement>
#include <pqxx/transaction>

#include "db/channels.h"
#include "db/connection.h"
#include "db/queries.h"

namespace certbroker::db {
namespace {

// Two sessions may break under one call (the one that was idle too long, and one more); a third
// failure is the database's state, not bad luck.
constexpr int kAttempts = 3;

using ReadTransaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

std::unique_ptr<pqxx::transaction_base> StartedOn(pqxx::connection& session, Mode mode) {
  if (mode == Mode::kRead) return std::make_unique<ReadTransaction>(session);
  return std::make_unique<pqxx::work>(session);
}

// libpq takes parameters as C strings: a NUL would cut the value in silence.
bool HoldsNul(const Params& params) {
  for (const Param& param : params) {
    if (param.text() && param.text()->find('\0') != std::string::npos) return true;
  }
  return false;
}

struct Attempt {
  Result<void> result;
  Fault fault;
};

Attempt TryOnce(Connection& connection, Mode mode, const TransactionBody& body) {
  Transaction transaction(connection, mode);
  auto result = body(transaction);
  if (result && transaction.fault() == Fault::kNone) result = transaction.Commit();
  return {std::move(result), transaction.fault()};
}

Error OutcomeUnknown(const Error& error) {
  return Error(error.reason(),
               error.detail() +
                   "; whether the last change was stored is not known: ask again with "
                   "the same request");
}

}  // namespace

Transaction::Transaction(Connection& connection, Mode mode)
    : connection_(connection), mode_(mode) {}

Transaction::~Transaction() = default;

Error Transaction::Fail() {
  const auto state = connection_.session().is_open() ? SessionState::kOpen : SessionState::kClosed;
  Failure failure = TranslateException(state);
  fault_ = failure.fault;
  // One session, one failure: what libpqxx 6 makes of it afterwards is not to be relied upon
  // (reliability 1.8).
  connection_.Spoil();
  return std::move(failure.error);
}

Result<void> Transaction::Begin() {
  if (work_ != nullptr) return {};
  try {
    work_ = StartedOn(connection_.session(), mode_);
    return {};
  } catch (...) {
    return Fail();
  }
}

Result<Rows> Transaction::Exec(const Query& query, const Params& params) {
  if (HoldsNul(params)) {
    fault_ = Fault::kFinal;
    return Error(Reason::kInvalidArgument, "a text holds a NUL character");
  }
  RETURN_IF_ERROR(Begin());
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) {
    values.push_back(param.text() ? param.text()->c_str() : nullptr);
  }
  try {
    return Rows(
        work_->exec_params(std::string(query.sql), pqxx::prepare::make_dynamic_params(values)));
  } catch (...) {
    return Fail().While(query.name);
  }
}

Result<void> Transaction::ExecScript(std::string_view script) {
  RETURN_IF_ERROR(Begin());
  try {
    work_->exec(std::string(script));
    return {};
  } catch (...) {
    return Fail();
  }
}

void Transaction::Tell(Channel channel, std::string payload) {
  hint_channels_.emplace_back(NameOf(channel));
  hint_payloads_.emplace_back(std::move(payload));
}

Result<void> Transaction::SendHints() {
  if (hint_channels_.empty()) return {};
  RETURN_IF_ERROR(Exec(sql::kNotify, {Param::Array(hint_channels_), Param::Array(hint_payloads_)}));
  return {};
}

Result<void> Transaction::Commit() {
  RETURN_IF_ERROR(SendHints());
  if (work_ == nullptr) return {};
  try {
    work_->commit();
    return {};
  } catch (...) {
    return Fail();
  }
}

Result<void> RunTransaction(ConnectionPool& pool, Mode mode, std::string_view doing,
                            const TransactionBody& body) {
  bool in_doubt = false;
  for (int attempt = 1;; ++attempt) {
    auto loan = pool.Borrow();
    Attempt outcome = loan ? TryOnce(loan->connection(), mode, body)
                           : Attempt{std::move(loan).error(), Fault::kFinal};
    if (outcome.result) return {};
    if (outcome.fault == Fault::kNone) return std::move(outcome.result).error();

    in_doubt = in_doubt || outcome.fault == Fault::kInDoubt;
    Error error = std::move(outcome.result).error();
    pool.log().Warning("database.attempt_failed", {{"doing", std::string(doing)},
                                                   {"attempt", std::to_string(attempt)},
                                                   {"error", error.ToString()}});
    if (outcome.fault == Fault::kFinal || attempt == kAttempts) {
      error = std::move(error).While(doing);
      return in_doubt ? OutcomeUnknown(error) : error;
    }
    if (outcome.fault != Fault::kTransient) pool.CloseIdle();
  }
}

}  // namespace certbroker::db
