#include "db/translate_error.h"

#include <array>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <pqxx/except>

namespace certbroker::db {
namespace {

// Constraints whose violation is not a defect of ours but an answer.
struct MeaningOfConstraint {
  std::string_view constraint;
  Reason reason;
  std::string_view detail;
};
constexpr auto kMeanings = std::to_array<MeaningOfConstraint>({
    {"certificate_has_one_unfinished_order", Reason::kOrderInProgress,
     "the certificate has an unfinished order: wait for its end, or "
     "have an operator cancel it: certbroker orders cancel ORDER"},
    {"order_url_belongs_to_one_order", Reason::kCaBadAnswer,
     "the CA gave the URL of another order; an order URL belongs to one order, so that it sees one "
     "CSR only"},
    {"key_is_wanted_once", Reason::kInvalidArgument,
     "another account is about to get this very key: a key serves one account; name another"},
    {"certificate_versions_sha256_key", Reason::kCaBadAnswer,
     "the CA delivered a certificate that another order has already got"},
});

// Classes and codes of SQLSTATE (PostgreSQL, appendix A).
bool SaysSessionEnds(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") ||  // shut down, starting up
         sqlstate == "25006" ||  // read-only: the server has become a standby
         sqlstate == "25P03";    // idle_in_transaction_session_timeout
}

bool SaysTryAgain(std::string_view sqlstate) {
  return sqlstate == "57014" ||  // statement_timeout
         sqlstate == "55P03";    // lock_timeout
}

// DETAIL and CONTEXT, which follow in lines of their own, quote rows and parameters.
std::string_view FirstLine(const std::exception& e) {
  const std::string_view what = e.what();
  return what.substr(0, what.find('\n'));
}

Failure FromSqlError(const pqxx::sql_error& e, SessionState session) {
  const std::string& code = e.sqlstate();
  const std::string_view what = FirstLine(e);
  if (session == SessionState::kClosed || SaysSessionEnds(code)) {
    return {Fault::kBroken, DatabaseUnavailable(what)};
  }
  if (SaysTryAgain(code)) return {Fault::kTransient, DatabaseUnavailable(what)};
  if (code.starts_with("53")) {
    return {
        Fault::kFinal,
        Error(Reason::kDatabaseUnavailable,
              fmt::format("the database has run out of a resource ({}); nothing was stored: free "
                          "disk space, memory or connections on its host",
                          Printable(what)))};
  }
  if (code == "22021") {
    return {Fault::kFinal, Error(Reason::kInvalidArgument, "a text is not valid UTF-8")};
  }
  for (const auto& [constraint, reason, detail] : kMeanings) {
    if (what.find(constraint) != std::string_view::npos) {
      return {Fault::kFinal, Error(reason, std::string(detail))};
    }
  }
  return {Fault::kFinal,
          Error(Reason::kInternal,
                fmt::format("the database refused a statement of ours (SQLSTATE {}): "
                            "{}; this is a defect, please report it",
                            Printable(code), Printable(what)))};
}

}  // namespace

Error DatabaseUnavailable(std::string_view cause) {
  return Error(
      Reason::kDatabaseUnavailable,
      fmt::format("the database cannot be used at the moment ({}): check that PostgreSQL "
                  "runs and that database.conninfo reaches it; work goes on by itself when "
                  "it is back",
                  Printable(cause)));
}

Failure TranslateException(SessionState session) {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& e) {
    return {Fault::kInDoubt, DatabaseUnavailable(e.what())};
  } catch (const pqxx::statement_completion_unknown& e) {
    return {Fault::kInDoubt, DatabaseUnavailable(e.what())};
  } catch (const pqxx::broken_connection& e) {
    return {Fault::kBroken, DatabaseUnavailable(e.what())};
  } catch (const pqxx::transaction_rollback& e) {
    return {Fault::kTransient, DatabaseUnavailable(FirstLine(e))};
  } catch (const pqxx::sql_error& e) {
    return FromSqlError(e, session);
  } catch (const std::exception& e) {
    // "could not obtain client encoding" and its like: a lost session seen by another call.
    if (session == SessionState::kClosed) return {Fault::kBroken, DatabaseUnavailable(e.what())};
    return {Fault::kFinal, Error(Reason::kInternal,
                                 fmt::format("database access failed: {}", Printable(e.what())))};
  }
}

}  // namespace certbroker::db
