// tests/fakes/fake_tables.h: the rows behind the fakes of the stores, and how a call works on them.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/account.h"
#include "core/agent.h"
#include "core/certificate.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "core/order.h"
#include "core/page.h"
#include "core/page_token.h"
#include "core/ports/abandoned_authorizations.h"
#include "core/ports/order_queue.h"
#include "core/ports/renewal_queue.h"
#include "core/request_key.h"
#include "tests/fakes/fake_change_feed.h"

namespace certbroker::fakes {

struct LeaseColumns {
  Fence fence;
  std::string owner;
  std::optional<Time> until;
  std::optional<Time> next_attempt;

  std::optional<Time> due() const { return until ? until : next_attempt; }
  void GiveBack(std::optional<Time> next) {
    owner.clear();
    until.reset();
    next_attempt = next;
  }
};

struct ChallengeRowKey {
  OrderId order;
  int attempt = 0;
  int position = 0;

  friend auto operator<=>(const ChallengeRowKey&, const ChallengeRowKey&) = default;
};

struct ChallengeRow {
  AccountName account;
  Authorization authorization;
  LeaseColumns lease;  // due only while it is work of a solver of the service's own
  int failures = 0;
  std::optional<Time> spread_until;
};

struct OrderRow {
  Order order;  // without authorizations: they have rows of their own
  LeaseColumns lease;
  bool wakeable = true;
  bool wake_pending = false;
  bool csr_sent = false;
  std::set<std::string> hit_tokens;
  std::vector<OrderEvent> events;
};

struct AccountRow {
  Account account;
  LeaseColumns lease;
  std::optional<Time> change_time;

  Account AsRead(Time now) const;
};

struct RevocationRow {
  Revocation revocation;
  OrderId order;  // the version's
  int failures = 0;
  LeaseColumns lease;
};

struct RenewalRow {
  LeasedRenewal renewal;
  bool ended = false;
  LeaseColumns lease;
};

struct AbandonedRow {
  AbandonedAuthorization authorization;
  std::vector<Identifier> names;  // of the order
  std::string outcome;
  LeaseColumns lease;
};

struct IntentRow {
  Uuid subject;
  Intent intent;
  Time create_time;
  bool settled = false;
  std::optional<Fact> fact;
};

struct AgentRow {
  Agent agent;
  bool removed = true;  // also while it has never been
  std::int64_t change = 0;
};

struct JoinTokenRow {
  JoinToken token;
  Bytes used_by_spki_sha256 = {};
};

struct RequestRow {
  std::string method;
  Bytes body;
  std::string resource;
};

using SlotKey = std::pair<AccountName, std::vector<Identifier>>;

struct State {
  Time now;  // of the call
  std::map<AccountName, AccountRow> accounts;
  std::vector<AccountName> account_order;  // oldest first
  std::map<CertificateId, ManagedCertificate> certificates;
  std::map<OrderId, OrderRow> orders;
  std::map<ChallengeRowKey, ChallengeRow> challenges;
  std::map<SlotKey, OrderId> slots;
  std::map<RevocationId, RevocationRow> revocations;
  std::map<OrderId, RenewalRow> renewals;
  std::map<ChallengeRowKey, AbandonedRow> abandoned;
  std::map<std::int64_t, IntentRow> intents;
  std::map<std::pair<CallerId, RequestId>, RequestRow> requests;
  std::map<AgentId, AgentRow> agents;
  std::int64_t agent_changes = 0;
  IdentityNumber identity_numbers = 0;
  std::vector<JoinTokenRow> join_tokens;  // oldest first
  std::vector<AgentCa> agent_cas;         // oldest first
  std::vector<Hint> hints;                // told when the call succeeds

  void Tell(Channel channel, std::string payload = {}) {
    hints.push_back({channel, std::move(payload)});
  }
};

// Thread-safe. Every call of every fake store goes through Call: one at a time, as a transaction
// that cannot be interrupted. A body checks everything before it changes anything, because nothing
// is rolled back.
class Tables {
 public:
  Tables(const Clock& clock, FakeChangeFeed& feed) : clock_(clock), feed_(feed) {}

  template <class T>
  Result<T> Call(const std::function<Result<T>(State&)>& body) EXCLUDES(mutex_) {
    if (auto failure = TakeFailure()) return *std::move(failure);
    auto [result, hints] = RunLocked(body);
    feed_.Deliver(std::move(hints));
    if (auto lost = TakeLostAnswer()) return *std::move(lost);
    return std::move(result);
  }

  void FailNext(Error error) EXCLUDES(mutex_);
  void LoseNextAnswer(Error error) EXCLUDES(mutex_);
  int calls() const EXCLUDES(mutex_);

 private:
  template <class T>
  std::pair<Result<T>, std::vector<Hint>> RunLocked(const std::function<Result<T>(State&)>& body)
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    state_.now = clock_.Now();
    Result<T> result = body(state_);
    return {std::move(result), std::exchange(state_.hints, {})};
  }
  std::optional<Error> TakeFailure() EXCLUDES(mutex_);
  std::optional<Error> TakeLostAnswer() EXCLUDES(mutex_);

  const Clock& clock_;
  FakeChangeFeed& feed_;
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::deque<Error> failures_ GUARDED_BY(mutex_);
  std::deque<Error> lost_answers_ GUARDED_BY(mutex_);
  int calls_ GUARDED_BY(mutex_) = 0;
};

// Nothing: the first call under this key; it has not been remembered yet. Else its resource.
Result<std::optional<std::string>> FindRequest(const State& state, const RequestKey& request);
void Remember(State& state, const RequestKey& request, std::string resource);

std::optional<OpenIntent> FindOpenIntent(const State& state, const Uuid& subject);
IntentId AddIntent(State& state, const Uuid& subject, const Intent& intent);
void AddFact(State& state, const Uuid& subject, const Settlement& settlement);
void Settle(State& state, const Uuid& subject, IntentId intent);
void SettleAll(State& state, const Uuid& subject);

// Leases up to `request.limit` due rows of `table`, longest due first.
template <class Key, class Row>
std::vector<Row*> LeaseDue(std::map<Key, Row>& table, const LeaseRequest& request, Time now) {
  std::multimap<Time, Row*> due;
  for (auto& [key, row] : table) {
    const auto time = row.lease.due();
    if (time && *time <= now) due.emplace(*time, &row);
  }
  std::vector<Row*> leased;
  for (auto& [time, row] : due) {
    if (leased.size() == static_cast<std::size_t>(request.limit)) break;
    ++row->lease.fence.value;
    row->lease.owner = request.owner;
    row->lease.until = now + request.lease;
    leased.push_back(row);
  }
  return leased;
}

template <class Key, class Row>
std::optional<std::chrono::milliseconds> NextDue(const std::map<Key, Row>& table, Time now) {
  std::optional<Time> next;
  for (const auto& [key, row] : table) {
    const auto due = row.lease.due();
    if (due && (!next || *due < *next)) next = due;
  }
  if (!next) return std::nullopt;
  return std::max(std::chrono::milliseconds{0},
                  std::chrono::ceil<std::chrono::milliseconds>(*next - now));
}

// The page of `newest_first` that `page` asks for; `key` makes the text of an item's key.
template <class T, class Key>
Result<Page<T>> PageOf(const std::vector<T>& newest_first, const PageRequest& page,
                       std::string_view list, const Key& key) {
  std::size_t begin = 0;
  if (!page.token.empty()) {
    ASSIGN_OR_RETURN(const std::string last, ReadPageToken(list, page.token));
    while (begin < newest_first.size() && key(newest_first[begin]) != last) ++begin;
    ++begin;
  }
  Page<T> result;
  const auto size = static_cast<std::size_t>(std::clamp(page.size, 1, 1000));
  for (std::size_t i = begin; i < newest_first.size() && result.items.size() < size; ++i) {
    result.items.push_back(newest_first[i]);
  }
  if (begin + size < newest_first.size()) {
    result.next_token = MakePageToken(list, key(result.items.back()));
  }
  return result;
}

}  // namespace certbroker::fakes
