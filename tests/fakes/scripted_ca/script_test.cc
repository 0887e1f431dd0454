#include <ostream>
#include <thread>

#include "tests/fakes/scripted_ca/issued_chain.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ScriptTest : public ScriptedCaTest {
 protected:
  void SetUp() override { Start(); }

  Reply ReadAccount() { return client_->Post(client_->account(), ""); }
};

TEST_F(ScriptTest, ADropBeforeActingLeavesNothing) {
  Add(Endpoint::kNewOrder, DropBefore());

  EXPECT_EQ(client_->NewOrder({"a.example.com"}).status, 0);

  EXPECT_THAT(ca_->orders(), SizeIs(0));
  EXPECT_EQ(ca_->record().Of(Endpoint::kNewOrder).dropped, 1);
  EXPECT_EQ(client_->NewOrder({"a.example.com"}).status, 201) << "only the first";
}

TEST_F(ScriptTest, ADropAfterActingLeavesTheDeed) {
  Add(Endpoint::kNewOrder, DropAfter());

  EXPECT_EQ(client_->NewOrder({"a.example.com"}).status, 0);

  EXPECT_THAT(ca_->orders(), SizeIs(1));
}

TEST_F(ScriptTest, RulesApplyFromTheNthRequestOnAsOftenAsTheySay) {
  ca_->script().Add(
      {.endpoint = Endpoint::kAccount, .from = 2, .times = 2, .action = ServerError()});

  std::vector<int> statuses;
  for (int i = 0; i < 5; ++i) statuses.push_back(ReadAccount().status);

  EXPECT_THAT(statuses, ::testing::ElementsAre(200, 500, 500, 200, 200));
}

TEST_F(ScriptTest, DelaysTheAnswer) {
  Add(Endpoint::kAccount, Delay(200ms));
  const auto begun = std::chrono::steady_clock::now();

  EXPECT_EQ(ReadAccount().status, 200);

  EXPECT_GE(std::chrono::steady_clock::now() - begun, 200ms);
}

TEST_F(ScriptTest, TricklesABody) {
  const std::string whole = ReadAccount().body;
  Add(Endpoint::kAccount, Trickle(10 * (whole.size() / 2 + 1)));
  const auto begun = std::chrono::steady_clock::now();

  EXPECT_EQ(ReadAccount().body, whole);

  EXPECT_GE(std::chrono::steady_clock::now() - begun, 200ms) << "two turns";
}

TEST_F(ScriptTest, EndsWhileAnAnswerIsDelayed) {
  Add(Endpoint::kAccount, Delay(60'000ms));
  const std::string url = client_->account();
  const std::string body = client_->Sign(url, "", {});
  std::thread asking([&] { client_->PostBody(url, body, "application/jose+json"); });
  while (ca_->record().Of(Endpoint::kAccount).requests == 0) std::this_thread::yield();

  ca_.reset();

  asking.join();
}

TEST_F(ScriptTest, CutsAndShortensBodies) {
  Add(Endpoint::kAccount, CutAfter(10));
  Add(Endpoint::kOrders, Shortened(10));
  const std::string orders = R"({"orders":[]})";

  EXPECT_EQ(ReadAccount().status, 0) << "the body ends before its length";
  const std::string list = ReadAccount().json()["orders"];
  const Reply shortened = client_->Post(list, "");
  EXPECT_EQ(shortened.status, 200);
  EXPECT_EQ(shortened.body, orders.substr(0, 10));
}

TEST_F(ScriptTest, SaysTooManyInEveryForm) {
  Add(Endpoint::kAccount, RateLimited(RetryAfterForm::kSeconds, 60s));
  Add(Endpoint::kOrder, RateLimited(RetryAfterForm::kNone));
  Add(Endpoint::kNewOrder, Paused("a.example.com", "https://ca.example/unpause"));
  Add(Endpoint::kAuthorization, HtmlError(429));
  Add(Endpoint::kFinalize, ServiceBusy(5s));

  const Reply seconds = ReadAccount();
  const Reply paused = client_->NewOrder({"a.example.com"});
  const Reply placed = client_->NewOrder({"a.example.com"});
  const Json order = placed.json();
  const Reply endless = client_->Post(placed.Header("location"), "");
  const Reply html = client_->Post(order["authorizations"][0], "");
  const Reply busy = client_->Post(order["finalize"], "{}");

  EXPECT_EQ(seconds.status, 429);
  EXPECT_EQ(seconds.problem(), "rateLimited");
  EXPECT_EQ(seconds.Header("retry-after"), "60");
  EXPECT_EQ(endless.problem(), "rateLimited");
  EXPECT_EQ(endless.Header("retry-after"), "");
  EXPECT_EQ(paused.status, 429);
  EXPECT_EQ(paused.Header("retry-after"), "");
  EXPECT_THAT(paused.json()["detail"].get<std::string>(),
              HasSubstr("temporarily prevented from requesting certificates for a.example.com"));
  EXPECT_EQ(html.status, 429);
  EXPECT_EQ(html.Header("content-type"), "text/html");
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.Header("retry-after"), "5");
}

// RFC 9110 §5.6.7.
TEST_F(ScriptTest, WritesRetryAfterAsEachKindOfDate) {
  const std::pair<RetryAfterForm, const char*> kCases[] = {
      {RetryAfterForm::kDate, "Sat, 21 Nov 2026 07:31:00 GMT"},
      {RetryAfterForm::kRfc850, "Saturday, 21-Nov-26 07:31:00 GMT"},
      {RetryAfterForm::kAsctime, "Sat Nov 21 07:31:00 2026"},
  };
  for (const auto& [form, text] : kCases) {
    ca_->script().Clear();
    Add(Endpoint::kAccount, RateLimited(form, 60s));
    EXPECT_EQ(ReadAccount().Header("retry-after"), text);
  }
}

TEST_F(ScriptTest, AStormRefusesAShareOfNonces) {
  ca_->script().Add({.times = 0, .percent = 50, .action = BadNonce()});

  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    if (ReadAccount().problem() == "badNonce") ++refused;
  }

  EXPECT_GT(refused, 60);
  EXPECT_LT(refused, 140);
}

TEST_F(ScriptTest, AnswersWithHostileBodies) {
  Add(Endpoint::kAccount, DeepJson(100'000));
  Add(Endpoint::kDirectory, HugeBody(5'000'000));

  EXPECT_EQ(ReadAccount().body.size(), 200'000);
  EXPECT_GT(client_->Get(ca_->directory_url()).body.size(), 5'000'000);
}

TEST_F(ScriptTest, ChangesMembersAndHeaders) {
  Add(Endpoint::kNewOrder,
      Merge({{"authorizations", Json::array()}, {"status", "ready"}, {"expires", nullptr}}));
  Action patch;
  patch.patch = Json::array({{{"op", "add"}, {"path", "/contact/-"}, {"value", 7}}});
  patch.remove_headers = {"replay-nonce"};
  patch.headers = {{"Link", "<relative>;rel=index"}};
  Add(Endpoint::kAccount, patch);

  const Json order = client_->NewOrder({"a.example.com"}).json();
  const Reply account = ReadAccount();

  EXPECT_EQ(order["authorizations"], Json::array());
  EXPECT_FALSE(order.contains("expires"));
  EXPECT_EQ(account.json()["contact"], Json::array({7}));
  EXPECT_EQ(account.Header("replay-nonce"), "");
  EXPECT_THAT(account.Headers("link"), ::testing::Contains("<relative>;rel=index"));
}

struct FlawCase {
  Flaw flaw;
  bool verifies;             // under the root, now
  std::size_t certificates;  // that a PEM reader finds
};

void PrintTo(const FlawCase& flaw_case, std::ostream* out) { *out << NameOf(flaw_case.flaw); }

class FlawTest : public ScriptTest, public ::testing::WithParamInterface<FlawCase> {};

TEST_P(FlawTest, MakesTheCertificateWrongInThatWay) {
  const FlawCase expected = GetParam();
  SCOPED_TRACE(NameOf(expected.flaw));
  Add(Endpoint::kFinalize, Wrong(expected.flaw));

  const Reply chain = client_->Issue({"a.example.com", "b.example.com"});

  EXPECT_EQ(chain.status, 200);
  const X509List found = ReadPem(chain.body);
  EXPECT_EQ(found.size(), expected.certificates);
  EXPECT_EQ(Verify(chain.body, ca_->roots()[0], clock_.Now()) == X509_V_OK, expected.verifies);
  const Reply sound = client_->Issue({"a.example.com"});
  EXPECT_EQ(Verify(sound.body, ca_->roots()[0], clock_.Now()), X509_V_OK) << "only once";
}

INSTANTIATE_TEST_SUITE_P(
    Flaws, FlawTest,
    ::testing::Values(FlawCase{Flaw::kForeignKey, true, 2}, FlawCase{Flaw::kMissingName, true, 2},
                      FlawCase{Flaw::kExtraName, true, 2}, FlawCase{Flaw::kExpired, false, 2},
                      FlawCase{Flaw::kNotYetValid, false, 2}, FlawCase{Flaw::kCenturies, true, 2},
                      FlawCase{Flaw::kBrokenChain, false, 2}, FlawCase{Flaw::kWrongOrder, true, 2},
                      FlawCase{Flaw::kLeafOnly, false, 1}, FlawCase{Flaw::kTwice, true, 3},
                      FlawCase{Flaw::kLongChain, true, 14}, FlawCase{Flaw::kWithRoot, true, 3},
                      FlawCase{Flaw::kEmpty, false, 0}, FlawCase{Flaw::kCrlf, true, 2},
                      FlawCase{Flaw::kTextBefore, true, 2}, FlawCase{Flaw::kGarbageAfter, true, 2},
                      FlawCase{Flaw::kDer, false, 0}, FlawCase{Flaw::kHtml, false, 0}),
    [](const auto& parameter) { return std::string(NameOf(parameter.param.flaw)); });

TEST_F(ScriptTest, AForeignKeyAndAMissingNameAreReallySo) {
  const ClientKey key = ClientKey::P256();
  Add(Endpoint::kFinalize, Wrong(Flaw::kForeignKey));
  Json order = ReadyOrder({"a.example.com"});
  Reply finalized = client_->Finalize(order, MakeCsr(key, {"a.example.com"}));
  const X509List foreign = ReadPem(client_->Post(finalized.json()["certificate"], "").body);
  Add(Endpoint::kFinalize, Wrong(Flaw::kMissingName));
  const Reply missing = client_->Issue({"a.example.com", "b.example.com"});

  EXPECT_NE(EVP_PKEY_eq(X509_get0_pubkey(foreign[0].get()), key.get()), 1);
  EXPECT_THAT(DnsNamesOf(*ReadPem(missing.body)[0]), ::testing::ElementsAre("b.example.com"));
}

}  // namespace
}  // namespace certbroker::scripted_ca
