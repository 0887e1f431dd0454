#include "service/identity/use_recorder.h"

#include <algorithm>
#include <optional>

#include "tests/service/identity/identity_fixture.h"

namespace certbroker::identity {
namespace {

class UseRecorderTest : public IdentityFixture {
 protected:
  UseRecorderTest() {
    MakeFirstCa();
    recorder_.emplace(database_.agents(), registry_, executor_, log_);
  }
  Peer PeerOf(const IssuedIdentity& identity) const {
    return Must(judge_.Judge(identity.certificate_pem, Purpose::kCall));
  }
  // What was under way is done.
  void Drain() {
    recorder_.reset();
    recorder_.emplace(database_.agents(), registry_, executor_, log_);
  }
  IdentityNumber UsedBy(const AgentId& agent) {
    return Must(database_.agents().Get(agent)).used_identity;
  }
  std::ptrdiff_t Lines(const std::string& event) const {
    return std::ranges::count_if(
        log_.lines(), [&](const std::string& line) { return line.starts_with(event + " "); });
  }

  Executor executor_{{.name = "uses", .threads = 2}};
  std::optional<UseRecorder> recorder_;
};

TEST_F(UseRecorderTest, TheFirstUseIsPutOnRecordAndCountsAtOnce) {
  const IssuedIdentity old = Join(Web(1));
  const IssuedIdentity fresh = Must(Renew(Web(1), NumberOf(old)));

  recorder_->Note(PeerOf(fresh));
  Drain();

  EXPECT_EQ(UsedBy(Web(1)), NumberOf(fresh));
  EXPECT_THAT(judge_.Judge(old.certificate_pem, Purpose::kCall),
              IsError(Reason::kIdentitySuperseded));
}

TEST_F(UseRecorderTest, ManyCallsAreOneRecord) {
  const Peer peer = PeerOf(Join(Web(1)));

  for (int i = 0; i < 200; ++i) recorder_->Note(peer);
  Drain();
  const int calls = database_.calls();
  recorder_->Note(peer);
  Drain();

  EXPECT_EQ(Lines("identity_used"), 1);
  EXPECT_EQ(database_.calls(), calls);
}

TEST_F(UseRecorderTest, ACertificateOfTheOperatorsCaIsNotRecorded) {
  const Peer peer = Must(judge_.Judge(OperatorsLeaf(), Purpose::kCall));
  const int calls = database_.calls();

  recorder_->Note(peer);
  Drain();

  EXPECT_EQ(database_.calls(), calls);
}

TEST_F(UseRecorderTest, WhatCouldNotBeRecordedIsAtTheNextCall) {
  const IssuedIdentity identity = Join(Web(1));
  const Peer peer = PeerOf(identity);
  database_.FailNext(Error(Reason::kDatabaseUnavailable, "away"));
  recorder_->Note(peer);
  Drain();
  EXPECT_EQ(UsedBy(Web(1)), 0);
  EXPECT_EQ(Lines("identity_use_not_recorded"), 1);

  recorder_->Note(peer);
  Drain();

  EXPECT_EQ(UsedBy(Web(1)), NumberOf(identity));
}

TEST_F(UseRecorderTest, WithoutAFreeThreadNothingIsLostAndNobodyWaits) {
  const IssuedIdentity identity = Join(Web(1));
  const Peer peer = PeerOf(identity);
  Executor stopped({.name = "stopped", .threads = 1});
  stopped.Stop();
  {
    UseRecorder recorder(database_.agents(), registry_, stopped, log_);
    recorder.Note(peer);
  }
  EXPECT_EQ(UsedBy(Web(1)), 0);

  recorder_->Note(peer);
  Drain();

  EXPECT_EQ(UsedBy(Web(1)), NumberOf(identity));
}

}  // namespace
}  // namespace certbroker::identity
