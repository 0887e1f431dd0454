#include "db/request_ledger.h"

#include <fmt/format.h>

#include "db/queries.h"

namespace certbroker::db {

Result<std::optional<std::string>> FindOrRemember(Transaction& tx, const RequestKey& request,
                                                  const std::string& resource) {
  ASSIGN_OR_RETURN(const Rows first,
                   tx.Exec(sql::kRememberRequest,
                           {request.caller, request.id, request.method, request.body, resource}));
  if (!first.empty()) return std::optional<std::string>();

  ASSIGN_OR_RETURN(auto earlier, FindEarlier(tx, request));
  CERTBROKER_CHECK(earlier.has_value());
  return earlier;
}

Result<std::optional<std::string>> FindEarlier(Transaction& tx, const RequestKey& request) {
  ASSIGN_OR_RETURN(const Rows earlier, tx.Exec(sql::kFindRequest, {request.caller, request.id,
                                                                   request.method, request.body}));
  if (earlier.empty()) return std::optional<std::string>();
  if (!earlier.front().Bool("same")) {
    return Error(
        Reason::kDuplicateRequestId,
        fmt::format("request_id {} was used for another request: a new request needs a new "
                    "request_id",
                    request.id.ToString()));
  }
  return std::optional(earlier.front().Text("resource"));
}

}  // namespace certbroker::db
