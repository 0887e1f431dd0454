// Many replicas at once on one database.
#include <map>
#include <set>
#include <thread>

#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

constexpr int kThreads = 16;

class RaceTest : public PgSuite {
 protected:
  RaceTest()
      : PgSuite(std::make_unique<PgHarness>(
            ConnectionPool::Options{.conninfo = {}, .connections = kThreads})) {}

  // `run(i)` in kThreads threads; their results in the order of i.
  template <class T, class Run>
  std::vector<T> InThreads(const Run& run) {
    std::vector<std::optional<T>> results(kThreads);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] { results[static_cast<std::size_t>(i)] = run(i); });
      }
    }
    std::vector<T> all;
    for (auto& result : results) all.push_back(*std::move(result));
    return all;
  }

  using Leases = std::vector<std::pair<OrderId, Fence>>;
  // Leases until nothing is due.
  Leases LeaseAll(int thread, std::chrono::milliseconds lease) {
    Leases mine;
    while (true) {
      const auto leased = Must(queue().Lease(
          {.owner = "replica-" + std::to_string(thread), .limit = 7, .lease = lease}));
      if (leased.orders.empty()) return mine;
      for (const auto& [order, intent] : leased.orders) mine.emplace_back(order.id, order.fence);
    }
  }
  void IssueMany(int count) {
    for (int i = 0; i < count; ++i) Issue({.names = {"n" + std::to_string(i) + ".example.org"}});
  }
};

TEST_F(RaceTest, EachDueOrderIsLeasedByExactlyOne) {
  constexpr int kOrders = 150;
  IssueMany(kOrders);

  std::map<OrderId, int> holders;
  for (const Leases& mine :
       InThreads<Leases>([this](int thread) { return LeaseAll(thread, 60s); })) {
    for (const auto& [order, fence] : mine) {
      ++holders[order];
      EXPECT_EQ(fence, Fence{1});
    }
  }

  EXPECT_EQ(holders.size(), static_cast<std::size_t>(kOrders));
  for (const auto& [order, count] : holders) EXPECT_EQ(count, 1) << order.ToString();
}

// Leases so short that orders fall due again while others still lease.
TEST_F(RaceTest, NoFenceIsGivenTwice) {
  constexpr int kOrders = 10;
  constexpr int kRounds = 30;
  IssueMany(kOrders);

  std::set<std::pair<OrderId, std::int64_t>> seen;
  for (const Leases& mine : InThreads<Leases>([this](int thread) {
         Leases all;
         std::map<OrderId, std::int64_t> last;
         for (int round = 0; round < kRounds; ++round) {
           for (const auto& [order, intent] :
                Must(queue().Lease({.owner = "replica-" + std::to_string(thread),
                .limit = 3,
                .lease = std::chrono::milliseconds{1}}))
                    .orders) {
             EXPECT_GT(order.fence.value, last[order.id]);
             last[order.id] = order.fence.value;
             all.emplace_back(order.id, order.fence);
           }
         }
         return all;
       })) {
    for (const auto& [order, fence] : mine) {
      EXPECT_TRUE(seen.emplace(order, fence.value).second) << order.ToString();
    }
  }

  EXPECT_GT(seen.size(), static_cast<std::size_t>(kOrders));
}

TEST_F(RaceTest, LateWritersChangeNoRow) {
  Issue();
  const Order late = LeaseOne("late").order;
  Advance(31s);
  const Order held = LeaseOne("holder").order;
  const std::string rows =
      "SELECT (SELECT orders::text FROM orders) || (SELECT count(*) FROM order_events) || "
      "(SELECT count(*) FROM order_authorizations)";
  const std::string before = Ask(rows);

  const auto outcomes = InThreads<Result<void>>([&](int thread) {
    OrderCommit commit;
    commit.order = late;
    commit.order.state = OrderState::kPlaced;
    commit.order.order_url = Url("/order/" + std::to_string(thread));
    commit.order.authorizations = {Challenge("www.example.org", "late", Presentation::kWanted)};
    commit.event = "Late.";
    commit.due_in = 1h;
    return queue().Commit(commit);
  });

  for (const auto& outcome : outcomes) EXPECT_THAT(outcome, IsError(Reason::kLeaseLost));
  EXPECT_EQ(Ask(rows), before);
  EXPECT_THAT(Commit(held, 0ms), IsOk());
}

TEST_F(RaceTest, OneRequestIdGivesOneOrder) {
  const RequestKey request = NewRequest();
  std::vector<NewOrder> orders_of;
  for (int i = 0; i < kThreads; ++i) orders_of.push_back(IssueWith(account()));

  std::set<OrderId> made;
  for (const auto& order : InThreads<Result<Order>>([&](int thread) {
         return orders().Create(MakeApproval(), orders_of[static_cast<std::size_t>(thread)],
                                request);
       })) {
    ASSERT_THAT(order, IsOk());
    made.insert(order->id);
  }

  EXPECT_EQ(made.size(), 1U);
  EXPECT_EQ(Ask("SELECT concat_ws(' ', (SELECT count(*) FROM orders), (SELECT count(*) FROM "
                "certificates), (SELECT count(*) FROM order_slots), (SELECT count(*) FROM "
                "order_events), (SELECT count(*) FROM requests WHERE method = 'Test' AND caller <> "
                "'operator:local'))"),
            "1 1 1 1 1");
}

TEST_F(RaceTest, OneRequestIdIsOneBodys) {
  const RequestKey request = NewRequest();
  std::vector<NewOrder> orders_of;
  for (int i = 0; i < kThreads; ++i) orders_of.push_back(IssueWith(account()));

  int made = 0;
  for (const auto& order : InThreads<Result<Order>>([&](int thread) {
         RequestKey mine = request;
         mine.body.push_back(static_cast<std::uint8_t>(thread));
         return orders().Create(MakeApproval(), orders_of[static_cast<std::size_t>(thread)], mine);
       })) {
    if (order) {
      ++made;
    } else {
      EXPECT_THAT(order, IsError(Reason::kDuplicateRequestId));
    }
  }

  EXPECT_EQ(made, 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM orders"), "1");
}

TEST_F(RaceTest, ACertificateIsRenewedByOneOrderAtATime) {
  const Order first = IssueCompletely();
  std::vector<NewOrder> orders_of;
  std::vector<RequestKey> requests;
  for (int i = 0; i < kThreads; ++i) {
    orders_of.push_back(IssueWith(account()));
    orders_of.back().kind = OrderKind::kRenew;
    orders_of.back().certificate = first.certificate;
    requests.push_back(NewRequest());
  }

  int made = 0;
  for (const auto& order : InThreads<Result<Order>>([&](int thread) {
         const auto i = static_cast<std::size_t>(thread);
         return orders().Create(MakeApproval(), orders_of[i], requests[i]);
       })) {
    if (order) {
      ++made;
    } else {
      EXPECT_THAT(order, IsError(Reason::kOrderInProgress));
    }
  }
  EXPECT_EQ(made, 1);
}

// Orders for the same names come and end at the same time: the slot is never held twice, and never
// forgotten.
TEST_F(RaceTest, TheSlotOfANameSetIsPassedOnUnderRace) {
  std::vector<NewOrder> orders_of;
  std::vector<RequestKey> creations;
  std::vector<RequestKey> cancellations;
  for (int i = 0; i < kThreads; ++i) {
    orders_of.push_back(IssueWith(account()));
    creations.push_back(NewRequest());
    cancellations.push_back(NewRequest());
  }

  for (const auto& cancelled : InThreads<Result<Order>>([&](int thread) -> Result<Order> {
         const auto i = static_cast<std::size_t>(thread);
         ASSIGN_OR_RETURN(const Order order,
                          orders().Create(MakeApproval(), orders_of[i], creations[i]));
         if (thread % 2 == 0) return order;
         return orders().Cancel(order.id, order.agent, cancellations[i]);
       })) {
    EXPECT_THAT(cancelled, IsOk());
  }

  for (int left = kThreads / 2; left > 0; --left) {
    EXPECT_EQ(Ask("SELECT count(*) FROM order_slots"), "1");
    EXPECT_EQ(Ask("SELECT count(*) FROM orders WHERE due_at IS NOT NULL"), "1");
    FinishDueOrder();
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM order_slots"), "0");
}

}  // namespace
}  // namespace certbroker::db
