#include "db/error_columns.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace certbroker::db {
namespace {

Error WithKnownReason(const std::string& reason_name, std::string detail) {
  if (const auto reason = ReasonFromName(reason_name)) return {*reason, std::move(detail)};
  return {Reason::kInternal, reason_name + ": " + detail};
}

}  // namespace

void AppendFailure(Params& params, const std::optional<Error>& failure) {
  if (!failure) {
    params.insert(params.end(), 4, std::nullopt);
    return;
  }
  std::vector<Param> violations;
  for (const Violation& violation : failure->violations()) {
    violations.push_back(ForPeople(violation.subject));
    violations.emplace_back(TraitsOf(violation.reason).name);
    violations.push_back(ForPeople(violation.description));
  }
  params.emplace_back(TraitsOf(failure->reason()).name);
  params.push_back(ForPeople(failure->detail()));
  params.emplace_back(failure->retry_after() ? Param(std::int64_t{failure->retry_after()->count()})
                                             : Param(std::nullopt));
  params.push_back(Param::Array(violations));
}

std::optional<Error> ReadFailure(const Row& row) {
  if (row.IsNull("failure_reason")) return std::nullopt;
  Error error = WithKnownReason(row.Text("failure_reason"), row.Text("failure_detail"));
  if (!row.IsNull("failure_retry_after_s")) {
    error = std::move(error).RetryAfter(std::chrono::seconds(row.Int64("failure_retry_after_s")));
  }
  const auto texts = row.Texts("failure_violations");
  for (std::size_t i = 0; i + 2 < texts.size(); i += 3) {
    error =
        std::move(error).With({.subject = texts[i],
                               .reason = ReasonFromName(texts[i + 1]).value_or(Reason::kInternal),
                               .description = texts[i + 2]});
  }
  return error;
}

}  // namespace certbroker::db
