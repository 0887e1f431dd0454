// db/pg_challenge_lookup.h: ChallengeLookup on Postgres.
#pragma once

#include "core/ports/challenge_lookup.h"

namespace certbroker::db {

class ConnectionPool;

class PgChallengeLookup final : public ChallengeLookup {
 public:
  explicit PgChallengeLookup(ConnectionPool& pool) : pool_(pool) {}

  Result<std::optional<std::string>> KeyAuthorizationFor(const Identifier& name,
                                                         std::string_view token) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
