// Two certbrokerd on one database and one token: they share the work, never do it twice, and one
// goes on when the other is killed.
#include <csignal>
#include <thread>

#include "tests/integration/service_process.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;

constexpr int kOrders = 8;

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest() : file_(stack_) {
    file_.Set("listen", R"("127.0.0.1:0")").Set("socket", '"' + dir_.path() + "/operator.sock\"");
    second_.emplace(stack_, file_.Write());
    EXPECT_TRUE(second_->Says("\"serving\"")) << second_->program().err();
  }

  // Orders come in through the first replica, the answers are served by a web root.
  void Begin(const std::string& prefix) {
    prefix_ = prefix;
    before_ = stack_.CertificatesSigned();
    folders_ = std::vector<CertificateFolder>(kOrders);
    for (std::size_t i = 0; i < kOrders; ++i) {
      agents_.push_back(stack_.StartAgent(
          0, {"issue", prefix + std::to_string(i) + ".apps.test", "--webroot", dir_.path(),
              "--roots", stack_.Text("/pebble/roots"), "--out", folders_[i].path()}));
      std::this_thread::sleep_for(milliseconds{80});
    }
  }
  void ExpectOneCertificateEach() {
    for (const auto& agent : agents_) {
      const ProgramResult ended = agent->Wait();
      EXPECT_EQ(ended.exit_code, 0) << ended;
    }
    agents_.clear();
    EXPECT_EQ(stack_.CertificatesSigned() - before_, kOrders);
    EXPECT_EQ(stack_.Query("SELECT count(*) FROM certificate_versions WHERE names[1] LIKE '" +
                           prefix_ + "%'"),
              std::to_string(kOrders));
    const ProgramResult verified = stack_.Operator({"audit", "verify"});
    EXPECT_EQ(verified.exit_code, 0) << verified;
  }

  DevStack& stack_ = SharedStack();
  const TempDir dir_;
  const WebServer server_{stack_, dir_.path()};
  ServiceFile file_;
  std::optional<ServiceProcess> second_;
  std::string prefix_;
  int before_ = 0;
  std::vector<CertificateFolder> folders_;
  std::vector<std::unique_ptr<RunningProgram>> agents_;
};

TEST_F(ReplicasTest, BothWorkAndNothingIsDoneTwice) {
  Begin("shared-");
  ExpectOneCertificateEach();
  EXPECT_EQ(
      stack_.Query("SELECT count(DISTINCT replica) FROM key_uses WHERE purpose <> 'keyProof'"),
      "2");
}

TEST_F(ReplicasTest, OneGoesOnWhenTheOtherIsKilled) {
  Begin("killed-");
  second_->program().Signal(SIGKILL);
  ExpectOneCertificateEach();
}

}  // namespace
}  // namespace certbroker
