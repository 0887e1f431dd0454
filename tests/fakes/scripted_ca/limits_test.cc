#include "tests/fakes/scripted_ca/issuance_limits.h"
#include "tests/fakes/scripted_ca/request_limits.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Time kStart{};
constexpr auto kDay = 24h;

std::vector<Identifier> Names(const std::string& name) { return {{"dns", name}}; }

TEST(GcraTest, GivesItsBurstAndThenRefillsSteadily) {
  Gcra gcra({"things", 3, 3, 30s});

  for (int i = 0; i < 3; ++i) EXPECT_EQ(gcra.Spend("a", kStart), std::nullopt);
  EXPECT_EQ(gcra.Spend("a", kStart), 10s);
  EXPECT_EQ(gcra.Spend("b", kStart), std::nullopt) << "each key has its own";
  EXPECT_EQ(gcra.Spend("a", kStart + 9s), 1s);
  EXPECT_EQ(gcra.Spend("a", kStart + 10s), std::nullopt);
  EXPECT_EQ(gcra.Spend("a", kStart + 10s), 10s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gcra.Spend("a", kStart + kDay), std::nullopt);
  EXPECT_EQ(gcra.Spend("a", kStart + kDay), 10s) << "never more than the burst";
}

TEST(IssuanceLimitsTest, ThreeHundredOrdersThenOneEvery36Seconds) {
  IssuanceLimits limits(true);
  const auto order = [&](int number, Time at) {
    return limits.OnNewOrder(1, Names("host-" + std::to_string(number) + ".example.com"), {}, at);
  };
  for (int i = 0; i < 300; ++i) EXPECT_EQ(order(i, kStart).has_value(), false);

  const auto refused = order(300, kStart);

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at(0).second, "36");
  EXPECT_THAT(refused->detail, HasSubstr("too many new orders (300) from this account in the last "
                                         "3h0m0s, retry after 1970-01-01 00:00:36 UTC"));
  EXPECT_FALSE(order(301, kStart + 36s));
  EXPECT_TRUE(order(302, kStart + 36s));
}

TEST(IssuanceLimitsTest, FiveCertificatesOfASetThenOneEvery34Hours) {
  IssuanceLimits limits(true);
  for (int i = 0; i < 5; ++i) limits.OnIssued(Names("a.example.com"), i > 0, kStart);

  const auto refused = limits.OnNewOrder(1, Names("a.example.com"), {.same_names = true}, kStart);

  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->detail, HasSubstr("exact set of identifiers"));
  EXPECT_FALSE(limits.OnNewOrder(1, Names("a.example.com"), {.ari = true}, kStart));
  EXPECT_FALSE(limits.OnNewOrder(1, Names("a.example.com"), {.same_names = true}, kStart + 34h));
}

TEST(IssuanceLimitsTest, FiftyCertificatesOfADomainSpareRenewals) {
  IssuanceLimits limits(true);
  for (int i = 0; i < 50; ++i) {
    limits.OnIssued(Names("host-" + std::to_string(i) + ".example.co.uk"), false, kStart);
  }

  const auto refused = limits.OnNewOrder(1, Names("new.example.co.uk"), {}, kStart);

  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->detail, HasSubstr("already issued for \"example.co.uk\""));
  EXPECT_FALSE(limits.OnNewOrder(1, Names("new.other.co.uk"), {}, kStart));
  EXPECT_FALSE(limits.OnNewOrder(1, Names("host-1.example.co.uk"), {.same_names = true}, kStart));
  EXPECT_FALSE(limits.OnNewOrder(1, Names("new.example.co.uk"), {}, kStart + 202min));
}

TEST(IssuanceLimitsTest, FailuresHoldTheNameAndSuccessForgivesPauses) {
  IssuanceLimits limits(true);
  const Identifier name{"dns", "a.example.com"};
  for (int i = 0; i < 5; ++i) limits.OnValidationFailed(1, name, kStart);

  EXPECT_TRUE(limits.OnNewOrder(1, {name}, {}, kStart));
  EXPECT_FALSE(limits.OnNewOrder(2, {name}, {}, kStart)) << "another account's";
  EXPECT_FALSE(limits.OnNewOrder(1, {name}, {}, kStart + 12min));
  for (int i = 0; i < 1148; ++i) limits.OnValidationFailed(1, name, kStart);
  const auto paused = limits.CheckPause(1, {name});
  ASSERT_TRUE(paused);
  EXPECT_TRUE(paused->headers.empty()) << "a pause has no end of its own";
  limits.Unpause(1);
  EXPECT_FALSE(limits.CheckPause(1, {name}));
}

TEST(IssuanceLimitsTest, DomainsAreCountedByThePublicSuffixListAndNetworks) {
  EXPECT_EQ(RegisteredDomain({"dns", "*.a.example.co.uk"}), "example.co.uk");
  EXPECT_EQ(RegisteredDomain({"ip", "192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(RegisteredDomain({"ip", "2001:db8:1:2:3::7"}), "2001:db8:1:2::/64");
}

TEST(RequestLimitsTest, OverTheRateTheBalancerIsBusy) {
  RequestLimits limits;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(limits.OnRequest(Endpoint::kNewNonce, "192.0.2.7", kStart));
  }

  const auto refused = limits.OnRequest(Endpoint::kNewNonce, "192.0.2.7", kStart);

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->detail, "Service busy; retry later.");
  EXPECT_FALSE(limits.OnRequest(Endpoint::kNewNonce, "192.0.2.8", kStart));
  EXPECT_FALSE(limits.OnRequest(Endpoint::kNewNonce, "192.0.2.7", kStart + 50ms));
}

TEST_F(ScriptedCaTest, TheServerKeepsToTheLimitsAndTheirExemptions) {
  options_.issuance_limits = true;
  Start();
  for (int i = 0; i < 5; ++i) ASSERT_EQ(client_->Issue({"a.example.com"}).status, 200);
  const std::string old = ca_->certificates().back().renewal_id;

  const Reply refused = client_->NewOrder({"a.example.com"});
  const Reply outside = client_->NewOrder({"a.example.com"}, {{"replaces", old}});
  clock_.Advance(60 * kDay);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(client_->Issue({"a.example.com"}).status, 200);
  const Reply inside = client_->NewOrder({"a.example.com"}, {{"replaces", old}});

  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Header("retry-after"), "120960");
  EXPECT_EQ(outside.status, 429) << "the window has not begun";
  EXPECT_EQ(inside.status, 201) << inside.body;
}

TEST_F(ScriptedCaTest, APauseHoldsEvenRenewals) {
  Start();
  client_->Issue({"a.example.com"});
  const std::string old = ca_->certificates()[0].renewal_id;
  ca_->Pause(1, "a.example.com");
  clock_.Advance(60 * kDay);

  const Reply paused = client_->NewOrder({"a.example.com"}, {{"replaces", old}});
  ca_->Unpause(1);
  const Reply unpaused = client_->NewOrder({"a.example.com"}, {{"replaces", old}});

  EXPECT_EQ(paused.status, 429);
  EXPECT_EQ(paused.Header("retry-after"), "");
  EXPECT_EQ(unpaused.status, 201);
}

}  // namespace
}  // namespace certbroker::scripted_ca
