#include "db/pg_key_use_ledger.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "db/connection_pool.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

constexpr std::size_t kMaxBatch = 100;
constexpr std::size_t kMaxWaiting = 10'000;

// What a statement takes: a column per array.
struct KeyUseColumns {
  std::vector<Param> numbers, purposes, urls, account_urls, key_uris, thumbprints, subjects, agents,
      request_ids, inputs, previous, hashes;

  void Add(const RecordedKeyUse& record) {
    const KeyUse& use = record.use;
    numbers.emplace_back(record.number);
    purposes.emplace_back(ToString(use.purpose));
    urls.emplace_back(use.url);
    account_urls.emplace_back(use.account_url);
    key_uris.emplace_back(use.key_uri);
    thumbprints.emplace_back(use.thumbprint);
    subjects.emplace_back(use.subject);
    agents.emplace_back(use.agent);
    request_ids.emplace_back(use.request_id);
    inputs.emplace_back(use.input_sha256);
    previous.emplace_back(record.previous_sha256);
    hashes.emplace_back(record.sha256);
  }
  Params ToParams(Time time, const std::string& replica, std::int64_t head) const {
    return {Param::Array(numbers),
            Param::Array(purposes),
            Param::Array(urls),
            Param::Array(account_urls),
            Param::Array(key_uris),
            Param::Array(thumbprints),
            Param::Array(subjects),
            Param::Array(agents),
            Param::Array(request_ids),
            Param::Array(inputs),
            Param::Array(previous),
            Param::Array(hashes),
            time,
            replica,
            head};
  }
};

}  // namespace

PgKeyUseLedger::PgKeyUseLedger(ConnectionPool& pool, std::string replica, Sha256 sha256)
    : pool_(pool), replica_(std::move(replica)), sha256_(std::move(sha256)) {
  writer_ = std::jthread([this] { Run(); });
}

PgKeyUseLedger::~PgKeyUseLedger() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  wake_.NotifyOne();
}

Result<void> PgKeyUseLedger::Record(const KeyUse& use, SteadyTime deadline) {
  const auto waiting = std::make_shared<Waiting>(Waiting{use});
  const MutexLock lock(mutex_);
  if (queue_.size() >= kMaxWaiting) {
    return Error(Reason::kOverloaded,
                 "too many signatures wait to be recorded; nothing was signed, try again later");
  }
  queue_.push_back(waiting);
  wake_.NotifyOne();
  while (!waiting->done) {
    if (written_.WaitUntil(mutex_, deadline) || waiting->done) continue;
    // Nobody will sign with it: if it is not being written yet, it need not be.
    if (const auto place = std::ranges::find(queue_, waiting); place != queue_.end())
      queue_.erase(place);
    return Error(Reason::kDatabaseUnavailable,
                 "the use of the account key could not be recorded in time, so nothing was signed");
  }
  if (waiting->error) return *waiting->error;
  return {};
}

void PgKeyUseLedger::Run() {
  ::pthread_setname_np(::pthread_self(), "key-uses");
  for (;;) {
    const std::vector<WaitingPtr> batch = Take();
    if (batch.empty()) return;
    const Result<void> appended = Append(batch);
    const MutexLock lock(mutex_);
    for (const WaitingPtr& waiting : batch) {
      if (!appended) waiting->error = appended.error();
      waiting->done = true;
    }
    written_.NotifyAll();
  }
}

// Nothing: the ledger ends.
std::vector<PgKeyUseLedger::WaitingPtr> PgKeyUseLedger::Take() {
  const MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) wake_.Wait(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxBatch));
  std::vector<WaitingPtr> batch(queue_.begin(), queue_.begin() + count);
  queue_.erase(queue_.begin(), queue_.begin() + count);
  return batch;
}

// A batch whose COMMIT was in doubt is appended again: more records than signatures do no harm.
Result<void> PgKeyUseLedger::Append(const std::vector<WaitingPtr>& batch) {
  return RunTransaction(
      pool_, Mode::kWrite, "recording the use of an account key",
      [&](Transaction& tx) -> Result<void> {
        ASSIGN_OR_RETURN(const Rows head, tx.Exec(sql::kLockKeyUseHead));
        const std::int64_t number = head.front().Int64("number");
        RecordedKeyUse record;
        record.number = number;
        record.create_time = head.front().At("now");
        record.replica = replica_;
        record.sha256 = head.front().Octets("sha256");
        KeyUseColumns columns;
        for (const WaitingPtr& waiting : batch) {
          record.use = waiting->use;
          ++record.number;
          record.previous_sha256 = std::move(record.sha256);
          record.sha256 = sha256_(ChainOctets(record));
          columns.Add(record);
        }
        ASSIGN_OR_RETURN(
            const Rows written,
            tx.Exec(sql::kAppendKeyUses, columns.ToParams(record.create_time, replica_, number)));
        CERTBROKER_CHECK(written.size() == batch.size());
        return {};
      });
}

}  // namespace certbroker::db
