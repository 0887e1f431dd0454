// tests/db/calls.h: every statement-running call of every store, each with what it needs, for tests
// of what becomes of it when the session or the database goes away in its midst.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/db/pg_harness.h"

namespace certbroker::db {

// A database in which every call has something to do.
class CallsSuite : public PgSuite {
 protected:
  using PgSuite::PgSuite;
  struct Call {
    std::string name;
    std::string table;                  // that the call reads or writes
    std::function<Result<void>()> run;  // the same request each time
    bool idempotent = true;             // run again, it is a success and changes nothing
  };

  // Brings the database to where the calls begin. To be called first.
  void Prepare();
  std::vector<Call> Reads();
  std::vector<Call> Writes();

  // One row with a count of every table, and the sums that tell whether something happened twice.
  std::string Footprint();

 private:
  void PrepareAgents();
  std::vector<Call> AgentWrites();
  Intent NewOrderIntent() const;

  Order issued_;     // with a certificate
  Order requested_;  // issued, its revocation is leased
  Order leased_;     // in this replica's hands
  Order presented_;  // its challenge is wanted
  Account pending_;  // in this replica's hands
  JoinToken token_;  // its agent has joined
  NewIdentity identity_;
  AgentCa prepared_ca_;
  LeasedRevocation revocation_;
};

}  // namespace certbroker::db
