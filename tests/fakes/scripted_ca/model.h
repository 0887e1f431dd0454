// tests/fakes/scripted_ca/model.h: the objects of RFC 8555 §7.1, as the CA keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/time.h"
#include "tests/fakes/scripted_ca/flaw.h"
#include "tests/fakes/scripted_ca/identifier.h"
#include "tests/fakes/scripted_ca/jwk.h"

namespace certbroker::scripted_ca {

using Id = std::uint64_t;  // from 1; the last part of the object's URL

// RFC 8555 §7.1.6; each object uses some of them.
enum class Status {
  kPending,
  kReady,
  kProcessing,
  kValid,
  kInvalid,
  kDeactivated,
  kExpired,
  kRevoked,
};
std::string_view NameOf(Status status);

struct Account {
  Id id = 0;
  PublicJwkPtr key;
  Status status = Status::kValid;
  std::vector<std::string> contacts;
  std::string agreed_terms;  // the URL that was agreed to
  Json external_account;     // as it was sent; null without
  Time created;
  std::vector<Id> orders;
};

struct Challenge {
  std::string type;
  std::string token;
  Status status = Status::kPending;
  std::optional<Problem> error;
  std::optional<Time> validated;
  // The verdict is in, and shows from then on.
  std::optional<Time> verdict_due;
  std::optional<Problem> verdict;  // with verdict_due: nothing means valid
};

struct Authorization {
  Id id = 0;
  Id account = 0;
  Identifier identifier;  // without "*."
  bool wildcard = false;
  Status status = Status::kPending;
  Time created;
  Time expires;
  std::chrono::seconds lifetime_when_valid{0};
  std::vector<Challenge> challenges;
};

struct Order {
  Id id = 0;
  Id account = 0;
  std::vector<Identifier> identifiers;
  std::string profile;
  std::string replaces;
  Status status = Status::kPending;
  Time created;
  Time expires;
  std::vector<Id> authorizations;
  std::optional<Problem> error;
  int finalizations = 0;    // that were accepted
  Bytes csr;                // of the one that was
  std::string certificate;  // serial
  Time issued;              // when "processing" ends
};

struct Certificate {
  std::string serial;
  std::string renewal_id;
  Id account = 0;
  Id order = 0;
  std::vector<Identifier> names;
  Bytes der;
  std::vector<std::string> chains;
  Time not_before;
  Time not_after;
  Time issued;
  Flaw flaw = Flaw::kNone;
  std::optional<int> revoked;  // the reason
  Id replaced_by = 0;          // order; 0: none
};

}  // namespace certbroker::scripted_ca
