// The ledger of key uses: one unbroken chain, whoever writes, and nothing said to be recorded that
// is not.
#include <chrono>
#include <thread>

#include <openssl/sha.h>

#include "db/pg_checkpoint_store.h"
#include "db/pg_key_use_history.h"
#include "db/pg_key_use_ledger.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Bytes HashOf(ByteView octets) {
  Bytes hash(SHA256_DIGEST_LENGTH);
  SHA256(octets.data(), octets.size(), hash.data());
  return hash;
}

KeyUse Use(const std::string& subject, const std::string& agent = "spiffe://example.org/agent/a") {
  return {.purpose = SignaturePurpose::kNewOrder,
          .url = "https://acme.example/new-order",
          .account_url = "https://acme.example/acct/1",
          .key_uri = "pkcs11:token=t;id=%01;type=private",
          .thumbprint = "thumb",
          .subject = subject,
          .agent = agent,
          .request_id = "id",
          .input_sha256 = HashOf(AsBytes(subject))};
}

class KeyUseLedgerTest : public PgSuite {
 protected:
  std::unique_ptr<PgKeyUseLedger> Ledger(const std::string& replica = "one") {
    return std::make_unique<PgKeyUseLedger>(database().pool(), replica, HashOf);
  }
  SteadyTime In(milliseconds time) { return clock_.Tick() + time; }
  Result<void> Record(KeyUseLedger& ledger, const KeyUse& use) {
    return ledger.Record(use, In(seconds(10)));
  }
  std::vector<RecordedKeyUse> All(const KeyUseFilter& filter = {}, int page_size = 1000) {
    std::vector<RecordedKeyUse> all;
    PageRequest request{.size = page_size, .token = {}};
    do {
      auto page = history_.List(filter, request);
      EXPECT_THAT(page, IsOk());
      if (!page) break;
      all.insert(all.end(), page->items.begin(), page->items.end());
      request.token = page->next_token;
    } while (!request.token.empty());
    return all;
  }
  // What an auditor does: from the newest back to the first.
  void ExpectUnbroken(const std::vector<RecordedKeyUse>& newest_first) {
    Bytes expected = newest_first.empty() ? Bytes() : newest_first.front().sha256;
    auto number = static_cast<std::int64_t>(newest_first.size());
    for (const RecordedKeyUse& record : newest_first) {
      EXPECT_EQ(record.number, number--);
      EXPECT_EQ(record.sha256, expected);
      EXPECT_EQ(HashOf(ChainOctets(record)), record.sha256);
      expected = record.previous_sha256;
    }
    EXPECT_EQ(expected, Bytes(kKeyUseHashOctets, 0));
  }

  SystemClock clock_;
  PgKeyUseHistory history_{database().pool()};
};

TEST_F(KeyUseLedgerTest, GivesBackWhatWasRecorded) {
  const auto ledger = Ledger("host/7");
  ASSERT_THAT(Record(*ledger, Use("orders/1")), IsOk());
  const auto all = All();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].use, Use("orders/1"));
  EXPECT_EQ(all[0].replica, "host/7");
  ExpectUnbroken(all);
}

TEST_F(KeyUseLedgerTest, ManyThreadsOfManyReplicasMakeOneChain) {
  constexpr int kThreads = 4;
  constexpr int kEach = 40;
  const auto one = Ledger("one");
  const auto two = Ledger("two");
  std::vector<std::jthread> threads;
  for (KeyUseLedger* ledger :
       {static_cast<KeyUseLedger*>(one.get()), static_cast<KeyUseLedger*>(two.get())}) {
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, ledger, i] {
        for (int k = 0; k < kEach; ++k) {
          EXPECT_THAT(Record(*ledger, Use(std::to_string(i * kEach + k))), IsOk());
        }
      });
    }
  }
  threads.clear();
  const auto all = All({}, 33);
  EXPECT_EQ(all.size(), 2U * kThreads * kEach);
  ExpectUnbroken(all);
}

TEST_F(KeyUseLedgerTest, IsListedBySubjectAgentAndKey) {
  const auto ledger = Ledger();
  ASSERT_THAT(Record(*ledger, Use("orders/1", "a")), IsOk());
  ASSERT_THAT(Record(*ledger, Use("orders/2", "b")), IsOk());
  EXPECT_EQ(All({.subject = "orders/2"}).size(), 1U);
  EXPECT_EQ(All({.agent = "a"}).front().use.subject, "orders/1");
  EXPECT_EQ(All({.thumbprint = "thumb"}).size(), 2U);
  EXPECT_TRUE(All({.thumbprint = "other"}).empty());
}

TEST_F(KeyUseLedgerTest, NobodyChangesOrRemovesARecord) {
  ASSERT_THAT(Record(*Ledger(), Use("orders/1")), IsOk());
  for (const std::string statement : {"UPDATE key_uses SET agent = 'x'", "DELETE FROM key_uses",
                                      "TRUNCATE key_uses CASCADE", "DELETE FROM key_use_head"}) {
    EXPECT_EQ(Ask("CREATE OR REPLACE FUNCTION refused() RETURNS boolean LANGUAGE plpgsql AS $$ "
                  "BEGIN " +
                  statement +
                  "; RETURN false; EXCEPTION WHEN check_violation THEN RETURN true; END $$; "
                  "SELECT refused()"),
              "t")
        << statement;
  }
}

// A DBA can switch the triggers off; the chain tells.
TEST_F(KeyUseLedgerTest, AChangePastTheTriggersBreaksTheChain) {
  const auto ledger = Ledger();
  for (const char* subject : {"orders/1", "orders/2", "orders/3"})
    ASSERT_THAT(Record(*ledger, Use(subject)), IsOk());
  Ask("ALTER TABLE key_uses DISABLE TRIGGER USER;"
      "UPDATE key_uses SET agent = 'x' WHERE number = 2; SELECT 1");
  const auto all = All();
  EXPECT_EQ(HashOf(ChainOctets(all[0])), all[0].sha256);
  EXPECT_NE(HashOf(ChainOctets(all[1])), all[1].sha256);
}

TEST_F(KeyUseLedgerTest, ACheckpointIsDueWhenThereIsSomethingNewAndTheLastOneIsOld) {
  PgCheckpointStore checkpoints(database().pool());
  const auto due = [&](milliseconds interval) {
    const auto found = checkpoints.Due(interval);
    EXPECT_THAT(found, IsOk());
    return found ? *found : std::nullopt;
  };
  EXPECT_FALSE(due(seconds(0)));
  const auto ledger = Ledger();
  ASSERT_THAT(Record(*ledger, Use("orders/1")), IsOk());
  const auto first = due(seconds(60));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->number, 1);
  EXPECT_EQ(first->sha256, All().front().sha256);

  const SignedCheckpoint made{*first, "thumb", "a.b.c"};
  ASSERT_THAT(checkpoints.Add(made), IsOk());
  ASSERT_THAT(checkpoints.Add({*first, "thumb", "another replica's"}), IsOk());
  EXPECT_FALSE(due(seconds(0)));
  ASSERT_THAT(Record(*ledger, Use("orders/2")), IsOk());
  EXPECT_FALSE(due(seconds(60)));
  EXPECT_TRUE(due(seconds(0)));

  const auto list = checkpoints.List({});
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->items.size(), 1U);
  EXPECT_EQ(list->items[0].jws, "a.b.c");
  EXPECT_EQ(list->items[0].checkpoint.create_time, first->create_time);
  EXPECT_EQ(list->items[0].checkpoint.sha256, first->sha256);
}

TEST_F(KeyUseLedgerTest, SaysByTheDeadlineThatNothingCouldBeRecorded) {
  const auto ledger = Ledger();
  ASSERT_THAT(Record(*ledger, Use("orders/1")), IsOk());
  PostgresCluster& cluster = PostgresCluster::ForThisProgram();
  cluster.Stop();
  const SteadyTime deadline = In(milliseconds(300));
  EXPECT_THAT(ledger->Record(Use("orders/2"), deadline), IsError(Reason::kDatabaseUnavailable));
  EXPECT_LT(clock_.Tick(), deadline + milliseconds(250));
  cluster.Start();
  EXPECT_THAT(Record(*ledger, Use("orders/3")), IsOk());
  const auto all = All();
  EXPECT_EQ(all.front().use.subject, "orders/3");
  ExpectUnbroken(all);
}

}  // namespace
}  // namespace certbroker::db
