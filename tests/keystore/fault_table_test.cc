// What can happen to a token while eight threads sign with two keys: no call hangs past its
// deadline, no wrong signature comes out, and a second after the fault has ended they sign again.
#include <thread>

#include "tests/support/keystore_fixture.h"
#include "tests/support/signing_load.h"

namespace certbroker::keystore {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kDeadline{300};

class FaultTableTest : public KeystoreFixture {
 protected:
  void Start() {
    Open();
    main_ = SignerOf("main");
    other_ = SignerOf("other");
    ASSERT_EQ(SignedBy(*main_), "ok");
  }
  std::unique_ptr<SigningLoad> Load(int threads = 8) {
    return std::make_unique<SigningLoad>(std::vector<Signer*>{main_.get(), other_.get()}, threads,
                                         kDeadline);
  }
  // What holds whatever happened.
  static void CheckPromises(const SigningLoad::Report& report) {
    EXPECT_EQ(report.wrong, 0);
    EXPECT_LE(report.longest, kDeadline + milliseconds(50) + report.stall);
    for (const auto& [reason, count] : report.errors) {
      EXPECT_EQ(reason, "HSM_UNAVAILABLE") << count << " times";
    }
  }

  std::unique_ptr<Signer> main_;
  std::unique_ptr<Signer> other_;
};

// Every code of the error map that something can be done about, in every call of a signature and of
// a reconnect, as long as the fault lasts.
TEST_F(FaultTableTest, EveryCodeFromEveryCallIsSurvived) {
  token_.Provision({"main", "other"});
  Start();
  for (const std::string function : {"C_SignInit", "C_Sign", "C_OpenSession"}) {
    for (const std::string code :
         {"0xb3", "0xb0", "0x90", "0x91", "0x50", "0x101", "0x82", "0x60", "0xb1",  "0x2",
          "0x31", "0x30", "0x32", "0xe0", "0xe1", "0x3",   "0x5",  "0x6",  "0x190", "0x80000123"}) {
      SCOPED_TRACE(function + " " + code);
      const auto load = Load();
      ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
      faults_.Set(function + " " + code + " -1 0");
      std::this_thread::sleep_for(milliseconds(40));
      faults_.Set("");
      EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
      CheckPromises(load->Stop());
    }
  }
}

TEST_F(FaultTableTest, AReconnectThatFailsAnywhereIsTriedAgain) {
  token_.Provision({"main", "other"});
  Start();
  for (const std::string function :
       {"C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_Login",
        "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue"}) {
    for (const std::string code : {"0x5", "0x30", "0xe0"}) {
      SCOPED_TRACE(function + " " + code);
      const auto load = Load();
      faults_.Set("C_Sign 0x30 1 0\n" + function + " " + code + " -1 0");
      std::this_thread::sleep_for(milliseconds(60));
      faults_.Set("");
      EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
      CheckPromises(load->Stop());
    }
  }
}

TEST_F(FaultTableTest, TheTokenGoesAndComesBackUnderLoad) {
  token_.Provision({"main", "other"});
  Start();
  const auto load = Load();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
    token_.Hide();
    std::this_thread::sleep_for(milliseconds(400));
    token_.Show();
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  }
  CheckPromises(load->Stop());
}

TEST_F(FaultTableTest, AReadOnlyStoreIsStartedOverUnderLoad) {
  token_.Provision({"main", "other"});
  token_.MakeReadOnly();
  Start();
  const auto load = Load();
  for (int round = 0; round < 5; ++round) {
    faults_.Set("C_SignInit 0x101 1 0");
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  }
  CheckPromises(load->Stop());
  EXPECT_EQ(keystore_->health().state, TokenState::kUp);
  token_.MakeWritable();
}

// Handles that come to name the other key with every start of the module.
TEST_F(FaultTableTest, HandlesAreGivenOutAnewUnderLoad) {
  faults_.Set("RENUMBER");
  token_.Provision({"main", "other"});
  Start();
  const auto load = Load();
  for (int round = 0; round < 6; ++round) {
    faults_.Set("RENUMBER\nC_Sign 0x30 1 0");
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  }
  CheckPromises(load->Stop());
  EXPECT_GE(keystore_->health().epoch, 4U);
}

TEST_F(FaultTableTest, FewSessionsServeManyThreads) {
  token_.Provision({"main", "other"});
  faults_.Set("MAXSESS 3");
  Start();
  const auto load = Load();
  load->AwaitCalls(100);
  const auto report = load->Stop();
  CheckPromises(report);
  EXPECT_EQ(report.errors.size(), 0U);
}

// The token says nothing about a limit, and somebody else has the other sessions.
TEST_F(FaultTableTest, SessionsThatOthersTookComeBack) {
  token_.Provision({"main", "other"});
  Start();
  faults_.Set("C_OpenSession 0xb1 -1 0");
  const auto load = Load();
  load->AwaitCalls(50);
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  faults_.Set("");
  load->AwaitCalls(50);
  const auto report = load->Stop();
  CheckPromises(report);
  EXPECT_EQ(report.errors.size(), 0U);
}

TEST_F(FaultTableTest, ASignatureThatIsWrongNeverComesOut) {
  token_.Provision({"main", "other"});
  Start();
  for (const std::string output : {"short", "long", "wrong"}) {
    SCOPED_TRACE(output);
    const auto load = Load();
    faults_.Set("C_Sign 0 3 0 after=5 output=" + output);
    load->AwaitCalls(50);
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
    faults_.Set("C_Sign 0 -1 0 output=" + output);
    load->AwaitCalls(20);
    faults_.Set("");
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
    const auto report = load->Stop();
    EXPECT_EQ(report.wrong, 0);
    EXPECT_GT(report.errors.size(), 0U);
  }
}

TEST_F(FaultTableTest, CallsThatHangCostTheirWorkersOnly) {
  token_.Provision({"main", "other"});
  Start();
  const auto load = Load();
  ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
  faults_.Set("C_Sign 0 5 hold");
  std::this_thread::sleep_for(2 * kDeadline);
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  EXPECT_EQ(keystore_->health().epoch, 1U);
  faults_.Set("");
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  CheckPromises(load->Stop());
}

// The login goes while a call hangs: what can be had without C_Finalize is had.
TEST_F(FaultTableTest, ALoginIsMadeAgainAroundACallThatHangs) {
  token_.Provision({"main", "other"});
  Start();
  const auto load = Load();
  ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
  faults_.Set("C_Sign 0 1 hold\nC_SignInit 0x101 1 0 after=20");
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  EXPECT_EQ(keystore_->health().epoch, 2U);
  faults_.Set("");
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  CheckPromises(load->Stop());
}

// No session but read-write ones, the one that holds the login included.
TEST_F(FaultTableTest, ATokenWithoutReadOnlySessionsServes) {
  token_.Provision({"main", "other"});
  faults_.Set("NOROSESSIONS");
  Start();
  EXPECT_EQ(SignedBy(*other_), "ok");
}

TEST_F(FaultTableTest, AnRsaOnlyTokenServesRs256) {
  ProvisionOptions options = token_.provision_options({"main", "other"});
  options.key_kind = KeyKind::kRsa2048;
  faults_.Set("NOMECH 0x1041\nNOMECH 0x1040");
  ASSERT_THAT(Provision(options, log_), IsOk());
  Start();
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_EQ(main_->public_key().algorithm, "RS256");
}

// By another process, which leaves label and serial as they were.
TEST_F(FaultTableTest, ATokenThatWasInitialisedAnewHasNoKeys) {
  token_.Provision({"main", "other"});
  Start();
  const std::string command =
      "softhsm2-util --init-token --token " + std::string(SoftToken::kLabel) + " --label " +
      std::string(SoftToken::kLabel) + " --so-pin \"the officer's pin 5678\" --pin '" +
      std::string(SoftToken::kPin) + "' >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const SteadyTime until = In(milliseconds(3000));
  std::string result;
  do {
    result = SignedBy(*main_);
    EXPECT_NE(result, "ok");
    EXPECT_THAT(result, Not(HasSubstr("WRONG")));
  } while (result.starts_with("HSM_UNAVAILABLE") && clock_.Tick() < until);
  EXPECT_THAT(result, ::testing::AnyOf(HasSubstr("HSM_KEY_MISSING"), HasSubstr("HSM_KEY_REFUSED")));
}

}  // namespace
}  // namespace certbroker::keystore
