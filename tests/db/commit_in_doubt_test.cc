// A connection that is cut at its COMMIT: the client cannot know whether it is stored
// (reliability 1.9). Stored or not, the call happens once.
#include "tests/db/calls.h"

namespace certbroker::db {
namespace {

using ::testing::HasSubstr;

class CommitInDoubtTest : public CallsSuite {
 protected:
  CommitInDoubtTest()
      : CallsSuite(std::make_unique<PgHarness>(
            std::make_unique<CuttingProxy>(PostgresCluster::ForThisProgram().socket_path()))) {}
  void EachWriteHappensOnceWhenCut(Cut cut) {
    Prepare();
    int cuts = 0;
    for (const Call& call : Writes()) {
      SCOPED_TRACE(call.name);
      const std::string before = Footprint();
      pg().proxy().CutNextCommit(cut);

      EXPECT_THAT(call.run(), IsOk());
      const std::string after = Footprint();
      EXPECT_EQ(pg().proxy().cuts(), ++cuts);

      EXPECT_TRUE(after != before || call.name == "wake order");
      EXPECT_LE(EventsSaying("Placed."), 1);
      EXPECT_LE(EventsSaying("Signed."), 1);
      if (!call.idempotent) continue;
      EXPECT_THAT(call.run(), IsOk());
      EXPECT_EQ(Footprint(), after);
    }
  }
  int EventsSaying(const std::string& message) {
    return std::stoi(Ask("SELECT count(*) FROM order_events WHERE message = '" + message + "'"));
  }
};

TEST_F(CommitInDoubtTest, AWriteThatWasNotStoredIsRunAgain) {
  EachWriteHappensOnceWhenCut(Cut::kBeforeTheServer);
}

TEST_F(CommitInDoubtTest, AWriteThatWasStoredIsRecognized) {
  EachWriteHappensOnceWhenCut(Cut::kAfterTheServer);
}

// Only the database could tell, and it is away: the caller is told that nobody knows.
TEST_F(CommitInDoubtTest, WithoutTheDatabaseTheDoubtIsTold) {
  const NewOrder order = IssueWith(account());
  const RequestKey request = NewRequest();
  pg().proxy().CutNextCommit(Cut::kAfterTheServer);
  pg().proxy().Refuse(true);

  EXPECT_THAT(
      orders().Create(MakeApproval(), order, request),
      IsError(Reason::kDatabaseUnavailable,
              HasSubstr("whether the last change was stored is not known: ask again with the same "
                        "request")));

  pg().proxy().Refuse(false);
  const auto again = orders().Create(MakeApproval(), IssueWith(account()), request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->id, order.id);
  EXPECT_EQ(Ask("SELECT count(*) FROM orders"), "1");
}

// What the cut lease took is not lost: it comes back when the lease is over.
TEST_F(CommitInDoubtTest, OrdersOfALeaseInDoubtComeBack) {
  const Order order = Issue();
  pg().proxy().CutNextCommit(Cut::kAfterTheServer);

  const auto first = Must(queue().Lease({.owner = "replica-1", .limit = 5, .lease = 30s}));
  Advance(31s);
  const auto second = Must(queue().Lease({.owner = "replica-1", .limit = 5, .lease = 30s}));

  EXPECT_LE(first.orders.size(), 1U);
  ASSERT_EQ(second.orders.size(), 1U);
  EXPECT_EQ(second.orders[0].order.id, order.id);
}

}  // namespace
}  // namespace certbroker::db
