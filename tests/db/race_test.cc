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

// All that can be done to one agent, at once: nobody waits for another in a circle, and whoever is
// removed has nothing left that counts.
TEST_F(RaceTest, AnAgentIsChangedByManyWithoutADeadlock) {
  constexpr int kRounds = 8;
  const AgentId agent("spiffe://example.org/agent/web-01");
  std::vector<JoinToken> tokens;
  for (int i = 0; i < kThreads * kRounds; ++i) {
    tokens.push_back(Must(agents().CreateToken({.id = NewId<JoinTokenId>(),
                                                .agent = agent,
                                                .secret_sha256 = Bytes(32, 1),
                                                .create_time = {},
                                                .expire_time = {}},
                                               1h, NewRequest())));
  }
  const auto join = [&](int token) {
    return agents().Redeem({.token = tokens[static_cast<std::size_t>(token)].id,
                            .secret_sha256 = Bytes(32, 1),
                            .spki_sha256 = Bytes(32, 2)},
                           1h);
  };
  Must(join(0));

  const auto issued = InThreads<std::vector<IdentityNumber>>([&](int thread) {
    std::vector<IdentityNumber> mine;
    for (int round = 0; round < kRounds; ++round) {
      const auto joined = join(thread * kRounds + round);
      if (joined) {
        mine.push_back(joined->number);
        EXPECT_THAT(agents().RecordUse(agent, joined->number), IsOk());
      } else {
        EXPECT_THAT(joined, ::testing::AnyOf(IsError(Reason::kJoinTokenInvalid),
                                             IsError(Reason::kAgentBanned)));
      }
      if (thread % 4 == 0) static_cast<void>(agents().SetState(agent, AgentState::kBanned, ""));
      if (thread % 4 == 1) static_cast<void>(agents().SetState(agent, AgentState::kActive, ""));
    }
    return mine;
  });
  Must(agents().Remove(agent));

  EXPECT_THAT(database().log().lines(),
              ::testing::Each(::testing::Not(::testing::HasSubstr("database.attempt_failed"))));
  const std::int64_t tombstone = std::stoll(Ask("SELECT used_identity FROM agents"));
  for (const auto& mine : issued) {
    for (const IdentityNumber number : mine) EXPECT_LT(number, tombstone);
  }
}

// Tokens that are just being redeemed are no way around a removal.
TEST_F(RaceTest, AnAgentIsRemovedWhileItsTokensAreRedeemed) {
  const AgentId agent("spiffe://example.org/agent/web-01");
  for (int round = 0; round < 5; ++round) {
    std::vector<JoinToken> tokens;
    for (int i = 0; i < kThreads; ++i) {
      tokens.push_back(Must(agents().CreateToken({.id = NewId<JoinTokenId>(),
                                                  .agent = agent,
                                                  .secret_sha256 = Bytes(32, 1),
                                                  .create_time = {},
                                                  .expire_time = {}},
                                                 1h, NewRequest())));
    }
    const auto join = [&](int thread) {
      return agents().Redeem({.token = tokens[static_cast<std::size_t>(thread)].id,
                              .secret_sha256 = Bytes(32, 1),
                              .spki_sha256 = Bytes(32, 2)},
                             1h);
    };
    Must(join(0));

    InThreads<bool>([&](int thread) {
      if (thread >= 2) return join(thread).has_value();
      // Of two who remove it, one may find it gone.
      const auto removed = agents().Remove(agent);
      EXPECT_TRUE(removed || removed.error().reason() == Reason::kNotFound);
      return removed.has_value();
    });

    EXPECT_THAT(agents().Get(agent), IsError(Reason::kNotFound));
    for (int i = 0; i < kThreads; ++i) EXPECT_THAT(join(i), IsError(Reason::kJoinTokenInvalid));
  }
  EXPECT_THAT(database().log().lines(),
              ::testing::Each(::testing::Not(::testing::HasSubstr("database.attempt_failed"))));
}

}  // namespace
}  // namespace certbroker::db
