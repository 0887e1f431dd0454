#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

Account AccountRow::AsRead(Time now) const {
  Account read = account;
  read.fence = lease.fence;
  if (change_time)
    read.change_age = std::chrono::ceil<std::chrono::milliseconds>(now - *change_time);
  return read;
}

void Tables::FailNext(Error error) {
  const MutexLock lock(mutex_);
  failures_.push_back(std::move(error));
}

void Tables::LoseNextAnswer(Error error) {
  const MutexLock lock(mutex_);
  lost_answers_.push_back(std::move(error));
}

int Tables::calls() const {
  const MutexLock lock(mutex_);
  return calls_;
}

std::optional<Error> Tables::TakeFailure() {
  const MutexLock lock(mutex_);
  ++calls_;
  if (failures_.empty()) return std::nullopt;
  std::optional<Error> error = std::move(failures_.front());
  failures_.pop_front();
  return error;
}

std::optional<Error> Tables::TakeLostAnswer() {
  const MutexLock lock(mutex_);
  if (lost_answers_.empty()) return std::nullopt;
  std::optional<Error> error = std::move(lost_answers_.front());
  lost_answers_.pop_front();
  return error;
}

Result<std::optional<std::string>> FindRequest(const State& state, const RequestKey& request) {
  const auto found = state.requests.find({request.caller, request.id});
  if (found == state.requests.end()) return std::optional<std::string>();
  if (found->second.method != request.method || found->second.body != request.body) {
    return Error(Reason::kDuplicateRequestId, "the request_id was used for another request");
  }
  return std::optional(found->second.resource);
}

void Remember(State& state, const RequestKey& request, std::string resource) {
  state.requests[{request.caller, request.id}] = {request.method, request.body,
                                                  std::move(resource)};
}

std::optional<OpenIntent> FindOpenIntent(const State& state, const Uuid& subject) {
  for (auto row = state.intents.rbegin(); row != state.intents.rend(); ++row) {
    const IntentRow& intent = row->second;
    if (intent.subject != subject || intent.settled) continue;
    return OpenIntent{
        .id = IntentId{row->first},
        .intent = intent.intent,
        .age = std::chrono::floor<std::chrono::milliseconds>(state.now - intent.create_time),
        .fact = intent.fact};
  }
  return std::nullopt;
}

IntentId AddIntent(State& state, const Uuid& subject, const Intent& intent) {
  for (const auto& [id, row] : state.intents) {
    if (row.subject == subject && row.intent.jws == intent.jws) return IntentId{id};
  }
  for (auto& [id, row] : state.intents) {
    if (row.subject == subject) row.settled = true;
  }
  const std::int64_t id = state.intents.empty() ? 1 : state.intents.rbegin()->first + 1;
  state.intents[id] = {.subject = subject,
                       .intent = intent,
                       .create_time = state.now,
                       .settled = false,
                       .fact = std::nullopt};
  return IntentId{id};
}

void AddFact(State& state, const Uuid& subject, const Settlement& settlement) {
  const auto row = state.intents.find(settlement.intent.value);
  if (row == state.intents.end() || row->second.subject != subject) return;
  if (!row->second.fact) row->second.fact = settlement.fact;
}

void Settle(State& state, const Uuid& subject, IntentId intent) {
  const auto row = state.intents.find(intent.value);
  if (row != state.intents.end() && row->second.subject == subject) row->second.settled = true;
}

void SettleAll(State& state, const Uuid& subject) {
  for (auto& [id, row] : state.intents) {
    if (row.subject == subject) row.settled = true;
  }
}

}  // namespace certbroker::fakes
