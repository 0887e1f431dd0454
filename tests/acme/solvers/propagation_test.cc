// PropagationChecker against real name servers, of which some lag, are lame, or dead.
#include "acme/solvers/propagation.h"

#include "tests/acme/solvers/dns_world.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PropagationTest : public DnsWorld {
 protected:
  Result<Propagation> Check(const std::string& domain, const std::string& value,
                            SteadyTime deadline) {
    Resolver resolver(LookUp(), exchange_);
    ZoneWalk walk(resolver);
    return PropagationChecker(PropagationLookUp(), walk, exchange_)
        .Check("_acme-challenge." + domain, value, deadline);
  }
  Result<Propagation> Check(const std::string& domain, const std::string& value) {
    return Check(domain, value, Soon());
  }

  static BindZone TwoServers(const std::string& records) {
    return {.text = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n" + records,
            .policy = {}};
  }
};

TEST_F(PropagationTest, IsVisibleWhenEveryServerHasTheValue) {
  const auto second =
      StartSecond({{"two.test", TwoServers("_acme-challenge.static TXT \"other\" \n"
                                           "_acme-challenge.static TXT \"bo\" \"th\"\n")}});
  const auto seen = Check("static.two.test", "both");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->state, Propagation::State::kVisible) << seen->detail;
}

TEST_F(PropagationTest, TellsWhichServerIsBehind) {
  const auto second = StartSecond({{"two.test", TwoServers("")}});
  Rfc2136Options options = Options();
  ASSERT_THAT(Solver(options)->Present(Challenge("two.test", "fresh"), Soon()), IsOk());

  const auto seen = Check("two.test", "fresh");

  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->state, Propagation::State::kNotYet);
  EXPECT_THAT(seen->detail, AllOf(HasSubstr("ns2.two.test"), HasSubstr("127.0.0.2"),
                                  HasSubstr("no such name"), Not(HasSubstr("ns1.two.test"))));
}

TEST_F(PropagationTest, TellsThatOtherValuesAreThere) {
  const auto second =
      StartSecond({{"two.test", TwoServers("_acme-challenge.static TXT \"old\"\n")}});
  const auto seen = Check("static.two.test", "both");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->state, Propagation::State::kNotYet);
  EXPECT_THAT(seen->detail, HasSubstr("1 other TXT value"));
}

TEST_F(PropagationTest, TellsOfALameServer) {
  const auto second = StartSecond({{"two.test", TwoServers("")}});
  const auto seen = Check("lame.test", "value");
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->state, Propagation::State::kNotYet);
  EXPECT_THAT(seen->detail, AllOf(HasSubstr("ns2.lame.test"), HasSubstr("REFUSED")));
}

TEST_F(PropagationTest, TellsOfADeadServerWithinTheTime) {
  const auto deadline = In(milliseconds{3000});
  const auto seen = Check("dead.test", "value", deadline);
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->state, Propagation::State::kNotYet);
  EXPECT_THAT(seen->detail, HasSubstr("ns3.dead.test"));
  EXPECT_LT(clock_.Tick(), deadline + milliseconds{500});
}

TEST_F(PropagationTest, FailsWhereTheResolverFails) {
  EXPECT_THAT(Check("broken.test", "value"),
              IsError(Reason::kDnsUnavailable, HasSubstr("SERVFAIL")));
}

}  // namespace
}  // namespace certbroker::acme
