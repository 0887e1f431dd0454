#include "agent/issuance.h"

#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/durable_file.h"
#include "google/rpc/error_details.pb.h"
#include "tests/agent/fake_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Ne;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

google::rpc::Status StatusOf(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("because");
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("certbroker");
  status.add_details()->PackFrom(info);
  return status;
}

// Dates stand still, so that the certificates are valid; deadlines pass as they do.
class DatedClock final : public Clock {
 public:
  Time Now() const override { return date_.Now(); }
  SteadyTime Tick() const override { return real_.Tick(); }

 private:
  FakeClock date_;
  SystemClock real_;
};

class IssuanceTest : public ::testing::Test {
 protected:
  IssuanceTest() {
    fs::create_directory(www_);
    std::ofstream(roots_) << service_.root_pem();
  }

  IssuanceOptions Options() const {
    IssuanceOptions options;
    options.wish.names = {*Identifier::Parse("app.test")};
    options.challenge.webroot = www_;
    options.out = out_;
    options.roots = roots_;
    options.timeout = std::chrono::seconds{20};
    return options;
  }

  // As one run of the program.
  Result<IssuanceOutcome> Run(const IssuanceOptions& options) {
    stop_ = std::stop_source();
    const ServiceLink link(service_.Channel(),
                           {.clock = clock_, .random = random_, .stop = stop_.get_token()});
    Progress progress(ProgressStyle::kSilent, stderr, clock_);
    return Issuance(link, progress, options).Run();
  }
  Result<IssuanceOutcome> Run() { return Run(Options()); }

  // A run that is interrupted while the order is under way.
  void BeginAndInterrupt(const IssuanceOptions& options) {
    service_.Play({.hold_orders = true, .on_watch = [this] { stop_.request_stop(); }});
    EXPECT_THAT(Run(options), IsError(Reason::kCancelled));
    EXPECT_TRUE(HasPending());
    service_.Play({});
  }
  IssuanceOptions OtherOptions() const {
    IssuanceOptions options = Options();
    options.wish.key_type = pki::KeyType::kEcP384;
    return options;
  }
  // As a run leaves it that was killed before it heard of its order.
  void ForgetOrderName() const {
    const PendingRequests pending(out_);
    auto request = pending.Load().value();
    ASSERT_TRUE(request.has_value());
    request->order.clear();
    ASSERT_THAT(pending.Save(*request), IsOk());
  }
  std::vector<std::string> InstalledOrders() const {
    std::vector<std::string> orders;
    for (const auto& version : fs::directory_iterator(out_ / "versions")) {
      const auto text = ReadText(version.path() / "certificate.json");
      orders.push_back(InstalledState::Parse(*text)->order);
    }
    return orders;
  }

  bool HasPending() const { return fs::exists(out_ / "pending.json"); }
  // Whether key and certificate in the folder are a pair.
  bool IsPair() const {
    const auto key = HostKey::FromPem(ReadSecret(out_ / "privkey.pem").value());
    const auto chain = pki::TrustAnchors::Parse(service_.root_pem());
    return CheckDelivered(ReadText(out_ / "fullchain.pem").value(),
                          {.names = {*Identifier::Parse("app.test")},
                           .spki_sha256 = key->spki_sha256(),
                           .now = clock_.Now(),
                           .ordered = clock_.Now(),
                           .roots = *chain})
        .has_value();
  }

  const TempDir dir_;
  const fs::path www_ = fs::path(dir_.path()) / "www";
  const fs::path out_ = fs::path(dir_.path()) / "out";
  const fs::path roots_ = fs::path(dir_.path()) / "roots.pem";
  DatedClock clock_;
  SystemRandom random_;
  std::stop_source stop_;
  FakeService service_;
};

TEST_F(IssuanceTest, InstallsWhatItAskedFor) {
  bool answer_was_there = false;
  service_.Play({.on_serving = [&] {
    const auto answer = ReadText(www_ / ".well-known/acme-challenge/token-1");
    answer_was_there = answer && *answer == "token-1.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
  }});

  const auto outcome = Run();

  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(IsPair());
  EXPECT_FALSE(HasPending());
  EXPECT_TRUE(answer_was_there);
  EXPECT_THAT(service_.reports(),
              ElementsAre(v1::ChallengeReport::SERVING, v1::ChallengeReport::REMOVED));
  ASSERT_THAT(service_.hellos(), SizeIs(1));
  EXPECT_THAT(service_.hellos().front().identifiers(), ElementsAre("app.test"));
}

TEST_F(IssuanceTest, RenewsWithAnotherKey) {
  const auto first = Run();
  ASSERT_THAT(first, IsOk());
  const std::string old_key = ReadText(out_ / "privkey.pem").value();
  IssuanceOptions options = Options();
  options.certificate = first->certificate.name();

  ASSERT_THAT(Run(options), IsOk());

  EXPECT_TRUE(IsPair());
  EXPECT_NE(ReadText(out_ / "privkey.pem").value(), old_key);
  EXPECT_EQ(service_.renewals(), 1U);
}

TEST_F(IssuanceTest, TheIssuersAreAskedForInTheirOrder) {
  IssuanceOptions options = Options();
  options.wish.issuer = "issuers/a";
  options.wish.fallback_issuers = {"issuers/c", "issuers/b"};

  ASSERT_THAT(Run(options), IsOk());

  ASSERT_THAT(service_.issues(), SizeIs(1));
  EXPECT_EQ(service_.issues()[0].issuer(), "issuers/a");
  EXPECT_THAT(service_.issues()[0].fallback_issuers(), ElementsAre("issuers/c", "issuers/b"));
}

TEST_F(IssuanceTest, AnInterruptedRunKeepsItsFallbackIssuers) {
  IssuanceOptions options = Options();
  options.wish.issuer = "issuers/a";
  options.wish.fallback_issuers = {"issuers/b"};
  BeginAndInterrupt(options);
  ForgetOrderName();

  ASSERT_THAT(Run(options), IsOk());

  ASSERT_THAT(service_.issues(), SizeIs(2));
  EXPECT_EQ(service_.issues()[1].SerializeAsString(), service_.issues()[0].SerializeAsString());
}

TEST_F(IssuanceTest, ARefusedRequestIsNotRepeatedByTheNextRun) {
  const auto status = StatusOf(grpc::StatusCode::PERMISSION_DENIED, "NAME_NOT_AUTHORIZED");
  service_.Play({.refusal = {grpc::StatusCode::PERMISSION_DENIED, "", status.SerializeAsString()}});

  EXPECT_THAT(Run(), IsError(Reason::kNameNotAuthorized));

  EXPECT_FALSE(HasPending());
  EXPECT_FALSE(fs::exists(out_ / "cert.pem"));
}

TEST_F(IssuanceTest, SaysWhyTheOrderFailedAndForgetsIt) {
  service_.Play({.failure = StatusOf(grpc::StatusCode::FAILED_PRECONDITION, "CA_CAA_FORBIDS")});

  EXPECT_THAT(Run(), IsError(Reason::kCaCaaForbids, HasSubstr("orders/1: because")));

  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, AnInterruptedRunIsTakenUpWithTheSameOrder) {
  service_.Play({.hold_orders = true, .on_watch = [this] { stop_.request_stop(); }});
  EXPECT_THAT(Run(), IsError(Reason::kCancelled,
                             AllOf(HasSubstr("orders/1"), HasSubstr("The same command again"))));
  EXPECT_TRUE(HasPending());
  service_.Play({});

  const auto outcome = Run();

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/1");
  EXPECT_EQ(service_.orders(), 1U);
  EXPECT_TRUE(IsPair());
  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, ARequestWhoseOrderIsNotKnownIsSentAgain) {
  BeginAndInterrupt(Options());
  ForgetOrderName();

  const auto outcome = Run();

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/1");
  const auto ids = service_.request_ids();
  ASSERT_THAT(ids, SizeIs(2));
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_F(IssuanceTest, AnotherWishCancelsTheOldOrderFirst) {
  BeginAndInterrupt(Options());

  const auto outcome = Run(OtherOptions());

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/2");
  ASSERT_THAT(service_.cancellations(), SizeIs(1));
  EXPECT_EQ(service_.cancellations().front().name(), "orders/1");
  EXPECT_THAT(service_.cancellations().front().request_id(),
              AllOf(SizeIs(36), Ne(service_.request_ids().front())));
  EXPECT_THAT(InstalledOrders(), ElementsAre("orders/2"));
}

TEST_F(IssuanceTest, ARenewalWithAnotherKeyFollowsOneThatWasInterrupted) {
  const auto first = Run();
  ASSERT_THAT(first, IsOk());
  IssuanceOptions options = Options();
  options.certificate = first->certificate.name();
  BeginAndInterrupt(options);
  options.wish.key_type = pki::KeyType::kEcP384;

  const auto outcome = Run(options);

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/3");
}

TEST_F(IssuanceTest, AnOrderThatTheServiceDoesNotKnowIsGivenUp) {
  BeginAndInterrupt(Options());
  service_.ForgetOrders();

  EXPECT_THAT(Run(OtherOptions()), IsOk());

  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, AnOrderThatHasFailedMeanwhileIsGivenUp) {
  BeginAndInterrupt(Options());
  service_.Play({.failure = StatusOf(grpc::StatusCode::FAILED_PRECONDITION, "CHALLENGE_FAILED")});
  service_.FinishOrders();
  service_.Play({});

  const auto outcome = Run(OtherOptions());

  ASSERT_THAT(outcome, IsOk());
  EXPECT_THAT(InstalledOrders(), ElementsAre("orders/2"));
}

TEST_F(IssuanceTest, ACertificateThatIsBeingSignedIsInstalledBeforeTheNextWish) {
  BeginAndInterrupt(Options());
  service_.Play({.signing = true});

  const auto outcome = Run(OtherOptions());

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/2");
  EXPECT_THAT(InstalledOrders(), UnorderedElementsAre("orders/1", "orders/2"));
  EXPECT_TRUE(IsPair());
  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, ACertificateThatWasIssuedMeanwhileIsInstalledBeforeTheNextWish) {
  BeginAndInterrupt(Options());
  service_.FinishOrders();

  ASSERT_THAT(Run(OtherOptions()), IsOk());

  EXPECT_THAT(InstalledOrders(), UnorderedElementsAre("orders/1", "orders/2"));
}

TEST_F(IssuanceTest, AnUnwantedCertificateThatFitsNobodyIsNoObstacle) {
  BeginAndInterrupt(Options());
  service_.Play({.deliver_another = true});
  service_.FinishOrders();
  service_.Play({});

  ASSERT_THAT(Run(OtherOptions()), IsOk());

  EXPECT_THAT(InstalledOrders(), ElementsAre("orders/2"));
}

TEST_F(IssuanceTest, AKeyIsKeptWhileItsOrderCannotBeCancelled) {
  BeginAndInterrupt(Options());
  const std::string key = ReadText(out_ / "pending.key").value();
  const auto status = StatusOf(grpc::StatusCode::INTERNAL, "INTERNAL");
  service_.Play({.cancel_refusal = {grpc::StatusCode::INTERNAL, "", status.SerializeAsString()}});

  EXPECT_THAT(Run(OtherOptions()), IsError(Reason::kInternal, HasSubstr("orders/1")));

  EXPECT_EQ(ReadText(out_ / "pending.key").value(), key);
  EXPECT_EQ(service_.orders(), 1U);
}

TEST_F(IssuanceTest, AKeyIsKeptWhileItsOrderIsBeingSigned) {
  BeginAndInterrupt(Options());
  const std::string key = ReadText(out_ / "pending.key").value();
  service_.Play({.hold_orders = true, .signing = true});
  IssuanceOptions options = OtherOptions();
  options.timeout = std::chrono::seconds{1};

  EXPECT_THAT(Run(options), IsError(Reason::kDeadlineExceeded, HasSubstr("orders/1")));

  EXPECT_EQ(ReadText(out_ / "pending.key").value(), key);
}

TEST_F(IssuanceTest, ARequestWhoseOrderIsNotKnownIsSentAgainBeforeItIsGivenUp) {
  BeginAndInterrupt(Options());
  ForgetOrderName();

  ASSERT_THAT(Run(OtherOptions()), IsOk());

  const auto ids = service_.request_ids();
  ASSERT_THAT(ids, SizeIs(3));
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  ASSERT_THAT(service_.cancellations(), SizeIs(1));
  EXPECT_EQ(service_.cancellations().front().name(), "orders/1");
}

TEST_F(IssuanceTest, ARequestThatTheServiceRefusesNeedsNoCancelling) {
  const auto status = StatusOf(grpc::StatusCode::INTERNAL, "INTERNAL");
  service_.Play({.refusal = {grpc::StatusCode::INTERNAL, "", status.SerializeAsString()}});
  EXPECT_THAT(Run(), IsError(Reason::kInternal));
  ASSERT_TRUE(HasPending());
  const auto denied = StatusOf(grpc::StatusCode::PERMISSION_DENIED, "NAME_NOT_AUTHORIZED");
  service_.Play({.refusal = {grpc::StatusCode::PERMISSION_DENIED, "", denied.SerializeAsString()}});

  EXPECT_THAT(Run(OtherOptions()), IsError(Reason::kNameNotAuthorized));

  EXPECT_FALSE(HasPending());
  EXPECT_THAT(service_.cancellations(), SizeIs(0));
}

TEST_F(IssuanceTest, ARefusalOfTodayDoesNotLoseTheOrderOfYesterday) {
  BeginAndInterrupt(Options());
  const auto status = StatusOf(grpc::StatusCode::PERMISSION_DENIED, "NAME_NOT_AUTHORIZED");
  service_.Play({.refusal = {grpc::StatusCode::PERMISSION_DENIED, "", status.SerializeAsString()}});

  const auto outcome = Run();

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/1");
}

TEST_F(IssuanceTest, AnOrderThatIsLostAtTheServiceIsForgottenHereToo) {
  BeginAndInterrupt(Options());
  service_.ForgetOrders();

  EXPECT_THAT(Run(), IsError(Reason::kNotFound));

  EXPECT_THAT(Run(), IsOk());
}

TEST_F(IssuanceTest, AnOrderOfAnEarlierRunThatFailedIsAskedForAnew) {
  service_.Play({.hold_orders = true, .on_watch = [this] { stop_.request_stop(); }});
  EXPECT_THAT(Run(), IsError(Reason::kCancelled));
  // The first order fails; what comes after it is issued.
  int watches = 0;
  service_.Play({.failure = StatusOf(grpc::StatusCode::FAILED_PRECONDITION, "CHALLENGE_FAILED"),
                 .on_watch = [&] {
                   if (++watches == 2) service_.Play({});
                 }});

  const auto outcome = Run();

  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->order.name(), "orders/2");
}

TEST_F(IssuanceTest, ACertificateForAnotherKeyIsNotInstalled) {
  ASSERT_THAT(Run(), IsOk());
  service_.Play({.deliver_another = true});

  EXPECT_THAT(Run(), IsError(Reason::kCertificateRefused, HasSubstr("is not installed")));

  EXPECT_TRUE(IsPair());
  // Once more with what is there; then there is nothing to hope for.
  EXPECT_TRUE(HasPending());
  EXPECT_THAT(Run(), IsError(Reason::kCertificateRefused));
  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, ConnectionsThatBreakAreOpenedAgain) {
  service_.Play({.watches_to_break = 2, .sessions_to_break = 1});

  EXPECT_THAT(Run(), IsOk());

  EXPECT_EQ(service_.orders(), 1U);
}

TEST_F(IssuanceTest, GivesUpAtTheTimeLimitAndTellsHowToGoOn) {
  service_.Play({.hold_orders = true});
  IssuanceOptions options = Options();
  options.timeout = std::chrono::seconds{1};

  EXPECT_THAT(Run(options), IsError(Reason::kDeadlineExceeded,
                                    AllOf(HasSubstr("orders/1 has not ended within 1 s"),
                                          HasSubstr("The same command again"))));
  EXPECT_TRUE(HasPending());
}

TEST_F(IssuanceTest, NothingIsAskedWhenTheChallengeCannotBeServed) {
  IssuanceOptions options = Options();
  options.challenge = {.http_listen = "192.0.2.1:80", .webroot = {}};

  EXPECT_THAT(Run(options), IsError(Reason::kFileUnusable));

  EXPECT_EQ(service_.orders(), 0U);
  EXPECT_FALSE(HasPending());
}

TEST_F(IssuanceTest, RootsThatAreNoneAreTold) {
  IssuanceOptions options = Options();
  options.roots = out_ / "nowhere.pem";
  EXPECT_THAT(Run(options), IsError(Reason::kFileUnusable, HasSubstr("nowhere.pem")));
}

}  // namespace
}  // namespace certbroker::agent
