#include "agent/identity_renewal.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/identity_status.h"
#include "agent/joining.h"
#include "agent/service_access.h"
#include "tests/agent/identity_service.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const grpc::Status kBroken(grpc::StatusCode::INTERNAL, "broken");

// A host that has joined for an hour.
class IdentityRenewalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Joining joining({.store = store_, .clock = clock_, .random = random_, .stop = {}});
    ASSERT_THAT(joining.Run(service_.Token(), false), IsOk());
    before_ = Content();
  }
  std::string Content() const {
    std::ifstream file(store_.folder() / "identity.pem");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<bool> Renew(bool asked = false) {
    ASSIGN_OR_RETURN(const FileLock uses, store_.uses());
    return IdentityRenewal({.store = store_, .clock = clock_, .random = random_, .stop = {}})
        .Run(uses, asked);
  }
  Result<ServiceAccess> Access() {
    return AccessFinder(options_, {.clock = clock_,
                                   .random = random_,
                                   .stop = {},
                                   .warn = [this](auto text) { warnings_.emplace_back(text); }})
        .Find();
  }
  FileLock Hold(Result<FileLock> lock, FileLock::Hold hold) {
    EXPECT_THAT(lock->Try(hold), IsOkAndHolds(true));
    return *std::move(lock);
  }

  const TempDir dir_;
  const IdentityStore store_{fs::path(dir_.path()) / "state"};
  const AccessOptions options_{.state = store_.folder()};
  ShiftedClock clock_;
  FakeRandom random_;
  IdentityService service_;
  std::string before_;
  std::vector<std::string> warnings_;
};

TEST_F(IdentityRenewalTest, LeavesAFreshIdentityAlone) {
  EXPECT_THAT(Renew(), IsOkAndHolds(false));
  EXPECT_THAT(service_.renewals(), IsEmpty());
}

TEST_F(IdentityRenewalTest, GetsTheNextOneForANewKeyAtHalfLife) {
  clock_.Shift(minutes{31});

  EXPECT_THAT(Renew(), IsOkAndHolds(true));

  ASSERT_THAT(service_.renewals(), SizeIs(1));
  EXPECT_THAT(before_, HasSubstr(service_.renewals()[0].peer_pem));
  EXPECT_NE(service_.renewals()[0].csr_der, service_.enrolments()[0].csr_der);
  EXPECT_NE(Content(), before_);
  EXPECT_THAT(client::ReadIdentity(store_.files()), IsOk());
}

TEST_F(IdentityRenewalTest, RenewsAFreshOneWhenTheServiceAsks) {
  EXPECT_THAT(Renew(true), IsOkAndHolds(true));
  EXPECT_NE(Content(), before_);
}

TEST_F(IdentityRenewalTest, IsPutOffWhileAnotherCommandUsesTheIdentity) {
  clock_.Shift(minutes{31});
  const FileLock other = Hold(store_.uses(), FileLock::Hold::kShared);

  EXPECT_THAT(Renew(), IsOkAndHolds(false));
  EXPECT_THAT(service_.renewals(), IsEmpty());
}

TEST_F(IdentityRenewalTest, IsNotPutOffWhenLessThanATenthOfTheLifetimeIsLeft) {
  clock_.Shift(minutes{55});
  const FileLock other = Hold(store_.uses(), FileLock::Hold::kShared);

  EXPECT_THAT(Renew(), IsOkAndHolds(true));
}

// The certificate begins earlier than the identity does, for clocks that are behind.
TEST_F(IdentityRenewalTest, TheLifetimeIsTwiceWhatIsLeftAtTheRenewalTime) {
  const Time now = clock_.Now();
  const HostIdentity identity{.not_before = now - minutes{10},
                              .expire_time = now + minutes{1},
                              .renew_time = now + std::chrono::seconds{30}};

  EXPECT_EQ(identity.lifetime(), minutes{1});
  EXPECT_FALSE(identity.Urgent(now + std::chrono::seconds{53}));
  EXPECT_TRUE(identity.Urgent(now + std::chrono::seconds{54}));
}

TEST_F(IdentityRenewalTest, IsLeftToTheProcessThatIsAtIt) {
  clock_.Shift(minutes{55});
  const FileLock other = Hold(store_.changes(), FileLock::Hold::kAlone);

  EXPECT_THAT(Renew(), IsOkAndHolds(false));
  EXPECT_THAT(service_.renewals(), IsEmpty());
}

TEST_F(IdentityRenewalTest, RenewsOneThatHasExpired) {
  clock_.Shift(minutes{600});

  EXPECT_THAT(Renew(), IsOkAndHolds(true));
}

TEST_F(IdentityRenewalTest, KeepsTheOldIdentityWhenTheNewOneIsForAnotherKey) {
  clock_.Shift(minutes{31});
  service_.Play({.another_key = true});

  EXPECT_THAT(Renew(), IsError(Reason::kCertificateRefused));
  EXPECT_EQ(Content(), before_);
}

TEST_F(IdentityRenewalTest, ACommandRenewsWhatIsDueAndHoldsItMeanwhile) {
  clock_.Shift(minutes{31});

  const auto access = Access();

  ASSERT_THAT(access, IsOk());
  EXPECT_EQ(access->address, service_.address());
  EXPECT_THAT(service_.renewals(), SizeIs(1));
  EXPECT_THAT(warnings_, IsEmpty());
  const auto other = store_.uses();
  EXPECT_THAT(other->Try(FileLock::Hold::kAlone), IsOkAndHolds(false));
}

TEST_F(IdentityRenewalTest, ACommandOnlyWarnsWhileTheIdentityIsValid) {
  clock_.Shift(minutes{31});
  service_.Play({.renew = kBroken});

  EXPECT_THAT(Access(), IsOk());
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("not renewed"), HasSubstr("broken"))));
}

TEST_F(IdentityRenewalTest, ACommandSaysTheWayOutWhenTheIdentityHasExpired) {
  clock_.Shift(minutes{61});
  service_.Play({.renew = kBroken});

  EXPECT_THAT(Access(),
              IsError(Reason::kInternal, AllOf(HasSubstr("broken"),
                                               HasSubstr("certbroker tokens create --agent web-01"),
                                               HasSubstr("certbroker-agent join --replace"))));
}

TEST_F(IdentityRenewalTest, ACommandOfAHostThatHasNotJoinedSaysHowTo) {
  ASSERT_THAT(store_.Remove(), IsOk());

  EXPECT_THAT(Access(), IsError(Reason::kFileUnusable,
                                AllOf(HasSubstr("certbroker tokens create"), HasSubstr("--server"),
                                      HasSubstr(store_.folder().string()))));
}

TEST_F(IdentityRenewalTest, ADescriptionOfAnotherIdentityDoesNotPutRenewalOff) {
  std::ofstream(store_.folder() / "service.json")
      << R"({"version":1,"addresses":["a.test:1"],"serial":"ff","renew_time":"2099-01-01T00:00:00Z",
            "join_token":"x"})";

  const auto identity = store_.Load();

  ASSERT_THAT(identity, IsOk());
  ASSERT_TRUE(*identity);
  EXPECT_EQ((*identity)->renew_time - (*identity)->not_before, IdentityService::kLifetime / 2);
  EXPECT_EQ((*identity)->join_token, "");
}

TEST_F(IdentityRenewalTest, StatusSaysTheProblemFirst) {
  const Time now = clock_.Now();

  const std::string fine = IdentityText(ReadIdentityStatus(store_, now));
  const std::string overdue = IdentityText(ReadIdentityStatus(store_, now + minutes{31}));
  const std::string expired = IdentityText(ReadIdentityStatus(store_, now + minutes{61}));

  EXPECT_THAT(fine, StartsWith(std::string(IdentityService::kAgent) + ": expires at "));
  EXPECT_THAT(overdue, StartsWith("problem: the identity is due for renewal since "));
  EXPECT_THAT(expired, AllOf(StartsWith("problem: the identity expired at "),
                             HasSubstr("certbroker tokens create --agent web-01")));
}

TEST_F(IdentityRenewalTest, StatusOfAHostThatHasNotJoinedIsSilent) {
  ASSERT_THAT(store_.Remove(), IsOk());

  EXPECT_EQ(IdentityText(ReadIdentityStatus(store_, clock_.Now())), "");
  EXPECT_TRUE(IdentityJson(ReadIdentityStatus(store_, clock_.Now())).is_null());
}

}  // namespace
}  // namespace certbroker::agent
