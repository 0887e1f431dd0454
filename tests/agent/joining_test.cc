#include "agent/joining.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/leave_command.h"
#include "agent/service_check.h"
#include "agent/service_handshake.h"
#include "core/version.h"
#include "pki/agent_csr.h"
#include "tests/agent/identity_service.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

mode_t ModeOf(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

Bytes KeyOf(const IdentityService::Request& request) {
  const auto csr = pki::ParseAgentCsr(request.csr_der);
  return csr ? csr->spki_sha256 : Bytes();
}

class JoiningTest : public ::testing::Test {
 protected:
  Result<HostIdentity> Join(const client::JoinLine& line, bool replace = false) {
    return Joining({.store = store_, .clock = clock_, .random = random_, .stop = {}})
        .Run(line, replace);
  }
  bool HasIdentity() { return fs::exists(store_.folder() / "identity.pem"); }

  const TempDir dir_;
  const IdentityStore store_{fs::path(dir_.path()) / "state"};
  ShiftedClock clock_;
  FakeRandom random_;
  IdentityService service_;
};

TEST_F(JoiningTest, LeavesAnIdentityThatOnlyItsOwnerCanRead) {
  const auto identity = Join(service_.Token());

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->spiffe_id, IdentityService::kAgent);
  EXPECT_THAT(client::ReadIdentity(store_.files()), IsOk());
  EXPECT_EQ(ModeOf(store_.folder()), 0700U);
  EXPECT_EQ(ModeOf(store_.folder() / "identity.pem"), 0600U);
  EXPECT_FALSE(fs::exists(store_.folder() / "join.key"));
}

TEST_F(JoiningTest, RemembersWhereTheServiceIsAndWhenToRenew) {
  ASSERT_THAT(Join(service_.Token()), IsOk());

  const auto identity = store_.Load();

  ASSERT_THAT(identity, IsOk());
  ASSERT_TRUE(*identity);
  EXPECT_EQ((*identity)->addresses, std::vector{service_.address()});
  EXPECT_EQ((*identity)->expire_time - (*identity)->not_before, IdentityService::kLifetime);
  EXPECT_NEAR(static_cast<double>(((*identity)->expire_time - (*identity)->renew_time) /
                                  std::chrono::seconds{1}),
              1800, 2);
}

TEST_F(JoiningTest, TellsTheServiceTimeAndVersionAndShowsNoCertificate) {
  ASSERT_THAT(Join(service_.Token()), IsOk());

  ASSERT_THAT(service_.enrolments(), SizeIs(1));
  const auto request = service_.enrolments().front();
  const auto now = std::chrono::duration<double, std::milli>(clock_.Now().time_since_epoch());
  EXPECT_NEAR(std::strtod(request.client_time.c_str(), nullptr), now.count(), 60'000);
  EXPECT_EQ(request.client_version, Version());
  EXPECT_EQ(request.peer_pem, "");
}

TEST_F(JoiningTest, SendsNothingToAServiceThatTheTokenDoesNotName) {
  client::JoinLine line = service_.Token();
  line.ca_sha256.front() ^= 1U;

  EXPECT_THAT(Join(line),
              IsError(Reason::kJoinTokenInvalid,
                      AllOf(HasSubstr("Somebody may be in between"), HasSubstr(Hex(line.ca_sha256)),
                            HasSubstr(service_.address()))));
  EXPECT_THAT(service_.enrolments(), IsEmpty());
  EXPECT_FALSE(HasIdentity());
}

// Nobody is to be steered to another address by an answer that is not the service's.
TEST_F(JoiningTest, DoesNotTryTheNextAddressAfterAWrongFingerprint) {
  const IdentityService other;
  client::JoinLine line = service_.Token({other.address(), service_.address()});

  EXPECT_THAT(Join(line), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(service_.enrolments(), IsEmpty());
}

TEST_F(JoiningTest, GoesOnToTheNextAddressWhereNobodyListens) {
  EXPECT_THAT(Join(service_.Token({"127.0.0.1:1", service_.address()})), IsOk());
}

TEST_F(JoiningTest, SaysWhichAddressNobodyListensAt) {
  EXPECT_THAT(Join(service_.Token({"127.0.0.1:1"})),
              IsError(Reason::kServiceUnreachable,
                      AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("Connection refused"))));
}

TEST_F(JoiningTest, AsksWithTheSameKeyAgainWhenAnAnswerWasLost) {
  const client::JoinLine line = service_.Token();
  service_.Play({.enroll = {grpc::StatusCode::INTERNAL, "lost"}});
  ASSERT_THAT(Join(line), IsError(Reason::kInternal));
  EXPECT_EQ(ModeOf(store_.folder() / "join.key"), 0600U);
  service_.Play({});

  ASSERT_THAT(Join(line), IsOk());

  ASSERT_THAT(service_.enrolments(), SizeIs(2));
  EXPECT_THAT(KeyOf(service_.enrolments()[0]), SizeIs(32));
  EXPECT_EQ(KeyOf(service_.enrolments()[0]), KeyOf(service_.enrolments()[1]));
}

TEST_F(JoiningTest, RefusesToGiveUpAnIdentityUnasked) {
  ASSERT_THAT(Join(service_.Token()), IsOk());

  EXPECT_THAT(Join(service_.Token()),
              IsError(Reason::kAlreadyExists,
                      AllOf(HasSubstr(IdentityService::kAgent), HasSubstr("--replace"))));
  EXPECT_THAT(service_.enrolments(), SizeIs(1));
}

TEST_F(JoiningTest, ReplacesAnIdentityWithAnotherKeyWhenAsked) {
  ASSERT_THAT(Join(service_.Token()), IsOk());

  ASSERT_THAT(Join(service_.Token(), true), IsOk());

  ASSERT_THAT(service_.enrolments(), SizeIs(2));
  EXPECT_NE(KeyOf(service_.enrolments()[0]), KeyOf(service_.enrolments()[1]));
}

// It may have died between the identity and its last words.
TEST_F(JoiningTest, IsDoneWhenTheTokenHasBroughtTheIdentityAlready) {
  const client::JoinLine line = service_.Token();
  ASSERT_THAT(Join(line), IsOk());

  EXPECT_THAT(Join(line), IsOk());
  EXPECT_THAT(service_.enrolments(), SizeIs(1));
}

TEST_F(JoiningTest, TakesNoIdentityForAnotherKey) {
  service_.Play({.another_key = true});

  EXPECT_THAT(Join(service_.Token()),
              IsError(Reason::kCertificateRefused, HasSubstr("another key")));
  EXPECT_FALSE(HasIdentity());
}

TEST_F(JoiningTest, SaysThatTheServicesCertificateHasExpired) {
  const IdentityService expired({.expired = true});

  EXPECT_THAT(Join(expired.Token()),
              IsError(Reason::kClockSkew, AllOf(HasSubstr("this host's clock says"),
                                                HasSubstr("operator has to renew"))));
}

TEST_F(JoiningTest, SaysThatThisHostsClockIsBehind) {
  clock_.Shift(-hours{48});
  const auto chain = ChainShownBy(service_.address(), clock_);
  ASSERT_THAT(chain, IsOk());

  EXPECT_THAT(CheckDates(*chain, service_.address(), clock_),
              IsError(Reason::kClockSkew, HasSubstr("clock is behind")));
}

TEST_F(JoiningTest, OneOfTwoAtATimeJoins) {
  ASSERT_THAT(store_.Prepare(), IsOk());
  const auto other = store_.changes();
  ASSERT_THAT(other, IsOk());
  ASSERT_THAT(other->Try(FileLock::Hold::kAlone), IsOkAndHolds(true));

  EXPECT_THAT(Join(service_.Token()),
              IsError(Reason::kFileUnusable, HasSubstr("another certbroker-agent")));
}

TEST_F(JoiningTest, LeavingRemovesTheIdentityAndSaysWhose) {
  ASSERT_THAT(Join(service_.Token()), IsOk());

  const auto left = Leave(store_);

  ASSERT_THAT(left, IsOk());
  ASSERT_TRUE(*left);
  EXPECT_EQ((*left)->spiffe_id, IdentityService::kAgent);
  for (const char* name : {"identity.pem", "server-ca.pem", "service.json", "join.key"})
    EXPECT_FALSE(fs::exists(store_.folder() / name)) << name;
  const auto again = Leave(store_);
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(*again);
}

TEST_F(JoiningTest, LeavingWaitsForNobodyAndRefusesWhileTheIdentityIsUsed) {
  ASSERT_THAT(Join(service_.Token()), IsOk());
  const auto user = store_.uses();
  ASSERT_THAT(user, IsOk());
  ASSERT_THAT(user->Try(FileLock::Hold::kShared), IsOkAndHolds(true));

  EXPECT_THAT(Leave(store_), IsError(Reason::kFileUnusable, HasSubstr("uses the identity")));
  EXPECT_TRUE(HasIdentity());
}

}  // namespace
}  // namespace certbroker::agent
