#include "service/engine/order_runner.h"
#include "tests/service/engine/engine_fixture.h"
#include "tests/support/made_csr.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class OrderRunTest : public EngineFixture {
 protected:
  OrderRunTest() { MakeAccount(); }

  // Loses the answer to the n-th request to `path`, after the CA has acted on it.
  void LoseAnswer(const std::string& path) {
    ca_.TamperWith(
        [path, lost = false](const HttpRequest& request,
                             const HttpResponse&) mutable -> std::optional<Result<HttpResponse>> {
          if (lost || request.url.ToString().find(path) == std::string::npos) return std::nullopt;
          lost = true;
          return Error(Reason::kOutcomeUnknown, "the connection was cut");
        });
  }
};

TEST_F(OrderRunTest, TakesAnOrderFromQueuedToIssued) {
  const Order order = RunToEnd(Issue({"app.test", "www.app.test"}).id);

  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_EQ(ca_.orders().size(), 1U);
  EXPECT_EQ(ca_.certificates(), 1);
  EXPECT_EQ(ca_.orders()[0].csr, order.csr_der);
  const auto certificate = database_.certificates().Get(order.certificate, kAgent);
  ASSERT_THAT(certificate, IsOk());
  ASSERT_NE(certificate->current(), nullptr);
  EXPECT_EQ(certificate->current()->names, order.names);
  EXPECT_EQ(certificate->current()->order, order.id);
  EXPECT_THAT(History(order.id), Contains(HasSubstr("PRESENTING: waiting for the challenges")));
  EXPECT_THAT(History(order.id), Contains(HasSubstr("FINALIZING: the CSR is sent")));
}

TEST_F(OrderRunTest, WaitsForTheAgentWithoutAskingTheCa) {
  const Order order = Issue();
  LeaseOrders();
  EXPECT_EQ(Read(order.id).state, OrderState::kPresenting);
  EXPECT_EQ(Read(order.id).held_by, HeldBy::kAgent);
  const int requests = ca_.Count("/");
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(seconds{31});
    LeaseOrders();
  }
  EXPECT_EQ(ca_.Count("/"), requests);
}

TEST_F(OrderRunTest, TheAgentsWordMovesTheOrderAtOnce) {
  const Order order = Issue();
  LeaseOrders();
  AgentServes();
  LeaseOrders();  // no time has passed
  EXPECT_EQ(Read(order.id).state, OrderState::kValidating);
}

// "When a solver sees the CA's validator fetch the answer, the order's next poll becomes due at
// once."
TEST_F(OrderRunTest, TheValidatorsFetchMovesTheOrderAtOnce) {
  ca_.IssueAtOnce(true);
  const Order order = Issue();
  LeaseOrders();
  const std::string token = (*database_.board().TasksFor(kAgent)).at(0).token;
  AgentServes();
  LeaseOrders();
  LeaseOrders();
  EXPECT_EQ(Read(order.id).state, OrderState::kValidating) << "polling waits";
  ASSERT_THAT(database_.board().Report(kAgent, order.id, token, ChallengeOutcome::kHit, ""),
              IsOk());
  LeaseOrders();
  EXPECT_EQ(Read(order.id).state, OrderState::kIssued) << "without a millisecond having passed";
}

TEST_F(OrderRunTest, AnAgentThatCannotServeEndsTheOrder) {
  const Order order = Issue();
  LeaseOrders();
  const auto task = (*database_.board().TasksFor(kAgent)).at(0);
  ASSERT_THAT(database_.board().Report(kAgent, order.id, task.token, ChallengeOutcome::kFailed,
                                       "port 80 in use"),
              IsOk());
  LeaseOrders();
  EXPECT_EQ(Read(order.id).state, OrderState::kFailed);
  EXPECT_THAT(Read(order.id).failure->detail(), HasSubstr("port 80 in use"));
  EXPECT_THAT(log_.lines(), Contains(AllOf(HasSubstr("FAILED"), HasSubstr("port 80 in use"),
                                           HasSubstr("app.test"), HasSubstr("web-01"))));
}

// I2, reliability §5: the same octets again; a spent nonce means that they may have been accepted.
TEST_F(OrderRunTest, ALostAnswerToNewOrderIsResolvedWithoutASecondCertificate) {
  LoseAnswer("/new-order");
  const Order order = RunToEnd(Issue().id);
  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_EQ(ca_.orders().size(), 2U) << "the lost one, and one more";
  EXPECT_EQ(ca_.certificates(), 1);
  EXPECT_FALSE(ca_.orders()[0].finalized);
}

TEST_F(OrderRunTest, ALostNewOrderIsSentAgainOctetForOctetFirst) {
  LoseAnswer("/new-order");
  const Order order = Issue();
  LeaseOrders();
  ASSERT_EQ(Read(order.id).state, OrderState::kQueued);
  clock_.Advance(seconds{1});
  LeaseOrders();
  std::vector<std::string> bodies;
  for (const HttpRequest& request : http_.requests()) {
    if (request.url.ToString().ends_with("/new-order")) bodies.push_back(request.body);
  }
  ASSERT_THAT(bodies, SizeIs(2));
  EXPECT_EQ(bodies[0], bodies[1]);
  EXPECT_EQ(ca_.orders().size(), 1U) << "a fresh one only after the lost answer had its time";
}

TEST_F(OrderRunTest, ANewOrderThatNeverArrivedIsAcceptedWhenSentAgain) {
  int seen = 0;
  http_.Handle([&](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ToString().ends_with("/new-order") && ++seen == 1) {
      return Error(Reason::kOutcomeUnknown, "cut before it arrived");
    }
    return ca_.Handle(request);
  });
  const Order order = RunToEnd(Issue().id);
  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_EQ(ca_.orders().size(), 1U);
}

// I4, I6.
TEST_F(OrderRunTest, ALostAnswerToFinalizeIsResolvedByAsking) {
  LoseAnswer("/finalize/");
  const Order order = RunToEnd(Issue().id);
  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_EQ(ca_.Count("/finalize/"), 1);
  EXPECT_EQ(ca_.certificates(), 1);
}

TEST_F(OrderRunTest, AFinalizeThatNeverArrivedIsSentAgainWithTheSameCsr) {
  int seen = 0;
  http_.Handle([&](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ToString().find("/finalize/") != std::string::npos && ++seen == 1) {
      return Error(Reason::kOutcomeUnknown, "cut before it arrived");
    }
    return ca_.Handle(request);
  });
  const Order order = RunToEnd(Issue().id);
  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_EQ(ca_.orders()[0].csr, order.csr_der);
}

TEST_F(OrderRunTest, LosingAnyOneAnswerStillEndsInOneCertificate) {
  for (const std::string path :
       {"/dir", "/nonce", "/new-order", "/authz/", "/chall/", "/finalize/", "/order/", "/cert/"}) {
    SCOPED_TRACE(path);
    const int before = ca_.certificates();
    LoseAnswer(path);
    KillAndRestart();  // a directory that is read anew
    const Order order = RunToEnd(Issue().id);
    EXPECT_EQ(order.state, OrderState::kIssued);
    EXPECT_EQ(ca_.certificates(), before + 1);
  }
}

// The process dies at every one of its calls to the CA, before and after the CA has acted.
TEST_F(OrderRunTest, DyingAtAnyRequestEndsInOneCertificate) {
  struct Killed {};
  for (const bool acted : {false, true}) {
    for (int fatal = 1;; ++fatal) {
      SCOPED_TRACE(testing::Message()
                   << "request " << fatal << (acted ? " after" : " before") << " the CA acted");
      const int before = ca_.certificates();
      KillAndRestart();
      int request_number = 0;
      bool killed = false;
      http_.Handle([&](const HttpRequest& request) -> Result<HttpResponse> {
        if (++request_number == fatal && !killed) {
          killed = true;
          if (acted) (void)ca_.Handle(request);
          throw Killed();
        }
        return ca_.Handle(request);
      });
      const OrderId id = Issue().id;
      Order order = Read(id);
      while (!IsTerminal(order.state)) {
        try {
          order = RunToEnd(id);
        } catch (const Killed&) {
          KillAndRestart();
          clock_.Advance(seconds{31});  // the lease of the dead runs out
        }
      }
      EXPECT_EQ(order.state, OrderState::kIssued);
      EXPECT_EQ(ca_.certificates(), before + 1);
      if (!killed) break;
    }
  }
}

// An agent that takes no notice of a database that fails.
void ServeIfItCan(const AgentId& agent, ChallengeBoard& board) {
  const auto tasks = board.TasksFor(agent);
  if (!tasks) return;
  for (const auto& task : *tasks) {
    (void)board.Report(agent, task.order, task.token,
                       task.remove ? ChallengeOutcome::kRemoved : ChallengeOutcome::kServing, "");
  }
}

// A database that does the work and loses its answer, or does not do it, at every call.
TEST_F(OrderRunTest, AFailingDatabaseCallCostsTimeAndNothingElse) {
  for (int failing = 1; failing <= 25; ++failing) {
    for (const bool done : {false, true}) {
      SCOPED_TRACE(testing::Message() << "call " << failing << (done ? " done" : " not done"));
      const int before = ca_.certificates();
      const OrderId id = Issue().id;
      const int first = database_.calls();
      bool failed = false;
      for (int round = 0; round < 400 && !IsTerminal(Read(id).state); ++round) {
        if (!failed && database_.calls() - first >= failing) {
          failed = true;
          const Error error(Reason::kDatabaseUnavailable, "gone for a moment");
          if (done) {
            database_.LoseNextAnswer(error);
          } else {
            database_.FailNext(error);
          }
        }
        (void)orders_->LeaseDue();
        ServeIfItCan(kAgent, database_.board());
        clock_.Advance(seconds{2});
      }
      EXPECT_EQ(Read(id).state, OrderState::kIssued);
      EXPECT_EQ(ca_.certificates(), before + 1);
    }
  }
}

TEST_F(OrderRunTest, AnHsmThatIsAwayHoldsTheOrder) {
  signer_->FailNext(Error(Reason::kHsmUnavailable, "token gone"));
  const Order order = Issue();
  LeaseOrders();
  EXPECT_EQ(Read(order.id).held_by, HeldBy::kHsm);
  EXPECT_EQ(RunToEnd(order.id).state, OrderState::kIssued);
}

TEST_F(OrderRunTest, AnAccountKeyThatIsRefusedHoldsTheOrder) {
  KillAndRestart();
  keys_.FailNext(Error(Reason::kHsmKeyRefused, "extractable"));
  const Order order = Issue();
  LeaseOrders();
  EXPECT_EQ(Read(order.id).held_by, HeldBy::kHsm);
  EXPECT_EQ(ca_.Count("/"), 0);
}

// T2: the grant was taken away between the request and finalize.
TEST_F(OrderRunTest, PolicyIsAskedAgainBeforeFinalize) {
  const Order order = Issue({"two.test"});
  LeaseOrders();
  policy_->Replace(*policy::Policy::Parse(R"(
version = "later"
[[rules]]
name = "web"
agents = ["spiffe://test/agent/web-01"]
names = ["app.test"]
issuers = ["tiny"]
)",
                                          "policy.toml"));
  const Order ended = RunToEnd(order.id);
  EXPECT_EQ(ended.state, OrderState::kFailed);
  EXPECT_EQ(ended.failure->reason(), Reason::kNameNotAuthorized);
  EXPECT_EQ(ca_.Count("/finalize/"), 0);
}

// T34: a row that policy never saw.
TEST_F(OrderRunTest, PolicyIsAskedBeforeTheCaHearsOfAnOrder) {
  const Order order = Issue({"two.test"});
  policy_->Replace(*policy::Policy::Parse(R"(
version = "later"
[[rules]]
name = "web"
agents = ["spiffe://test/agent/web-01"]
names = ["app.test"]
issuers = ["tiny"]
)",
                                          "policy.toml"));
  const Order ended = RunToEnd(order.id);
  EXPECT_EQ(ended.state, OrderState::kFailed);
  EXPECT_EQ(ended.failure->reason(), Reason::kNameNotAuthorized);
  EXPECT_EQ(ca_.Count("/new-order"), 0);
}

// I7, T29.
TEST_F(OrderRunTest, ACertificateForAnotherKeyIsRefusedAndNotStored) {
  const std::string other = TinyRoot().Sign(MadeCsr({"app.test"}), 7);
  ca_.TamperWith([&other](const HttpRequest& request,
                          const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
    if (request.url.ToString().find("/cert/") == std::string::npos) return std::nullopt;
    HttpResponse forged = response;
    forged.body = other;
    return forged;
  });
  const Order order = RunToEnd(Issue().id);
  EXPECT_EQ(order.state, OrderState::kFailed);
  EXPECT_EQ(order.failure->reason(), Reason::kCertificateRefused);
  EXPECT_EQ(database_.certificates().Get(order.certificate, kAgent)->current(), nullptr);
}

TEST_F(OrderRunTest, ARateLimitHoldsTheOrderUntilTheTimeTheCaNamed) {
  ca_.TamperWith([n = 0](const HttpRequest& request,
                         const HttpResponse&) mutable -> std::optional<Result<HttpResponse>> {
    if (!request.url.ToString().ends_with("/new-order") || n++ > 0) return std::nullopt;
    return HttpResponse{
        .status = 429,
        .headers = {{"content-type", "application/problem+json"},
                    {"retry-after", "7200"},
                    {"replay-nonce", "x"}},
        .body = R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"})"};
  });
  const Order order = Issue();
  LeaseOrders();
  EXPECT_EQ(Read(order.id).held_by, HeldBy::kCaLimit);
  clock_.Advance(seconds{7'199});
  LeaseOrders();
  EXPECT_EQ(ca_.Count("/new-order"), 1);
  clock_.Advance(seconds{32});
  LeaseOrders();
  EXPECT_EQ(ca_.Count("/new-order"), 2);
}

TEST_F(OrderRunTest, ACancelledOrderStopsWhereItIs) {
  const Order order = Issue();
  LeaseOrders();
  ASSERT_THAT(database_.orders().Cancel(
                  order.id, kAgent,
                  {kAgent, RequestId(Uuid::V7(clock_.Now(), random_)), "CancelOrder", {}}),
              IsOk());
  const int requests = ca_.Count("/");
  AgentServes();
  clock_.Advance(seconds{60});
  LeaseOrders();
  EXPECT_EQ(ca_.Count("/"), requests);
  EXPECT_EQ(Read(order.id).state, OrderState::kCancelled);
}

TEST_F(OrderRunTest, EndingRunsGivesLeasesBackDueAtOnce) {
  const Order order = Issue();
  orders_->EndRunsSoon();
  LeaseOrders();
  EXPECT_TRUE(orders_->Idle());
  EXPECT_EQ(Read(order.id).state, OrderState::kPlaced) << "one step, then the lease was given back";
  KillAndRestart();
  LeaseOrders();  // no time has passed
  EXPECT_EQ(Read(order.id).state, OrderState::kPresenting);
}

TEST_F(OrderRunTest, OrdersForTheSameNamesGoOneAfterTheOther) {
  const OrderId first = Issue().id;
  const OrderId second = Issue().id;
  LeaseOrders();
  EXPECT_EQ(ca_.orders().size(), 1U);
  EXPECT_EQ(Read(second).held_by, HeldBy::kSameNames);
  EXPECT_EQ(RunToEnd(first).state, OrderState::kIssued);
  EXPECT_EQ(RunToEnd(second).state, OrderState::kIssued);
  EXPECT_EQ(ca_.certificates(), 2);
}

}  // namespace
}  // namespace certbroker::engine
