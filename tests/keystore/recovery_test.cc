// A token that fails, goes and comes back while it is in use: no restart, no wrong signature.
#include <dlfcn.h>

#include <atomic>
#include <thread>

#include <p11-kit/pkcs11.h>

#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class RecoveryTest : public KeystoreFixture {
 protected:
  void Start(std::vector<std::string> labels = {"main"}) {
    token_.Provision(std::move(labels));
    Open();
    main_ = SignerOf("main");
    ASSERT_EQ(SignedBy(*main_), "ok");
  }
  std::uint64_t epoch() const { return keystore_->health().epoch; }
  // Somebody else in this process who uses the same module.
  static CK_FUNCTION_LIST& Intruder() {
    void* const handle = ::dlopen(std::string(SoftToken::kModule).c_str(), RTLD_NOW);
    CK_FUNCTION_LIST* functions = nullptr;
    reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"))(&functions);
    return *functions;
  }
  static CK_SLOT_ID Slot() {
    CK_SLOT_ID slots[8] = {};
    CK_ULONG size = 8;
    EXPECT_EQ(Intruder().C_GetSlotList(CK_TRUE, slots, &size), CKR_OK);
    return slots[0];
  }
  std::size_t LinesWith(const std::string& text) {
    const auto lines = log_.lines();
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const auto& l) { return l.find(text) != l.npos; }));
  }
  // Waits, without a deadline of its own, until so many calls have arrived.
  void AwaitCalls(const std::string& function, long calls) {
    while (faults_.Calls(function) < calls) std::this_thread::sleep_for(milliseconds(1));
  }

  std::unique_ptr<Signer> main_;
};

struct FaultCase {
  std::string_view name;
  std::string rules;
  bool starts_over;  // whether a new login was needed
};

TEST_F(RecoveryTest, EveryCodeThatCanBeRepairedIsRepaired) {
  Start();
  const FaultCase cases[] = {
      {"session_handle_invalid", "C_SignInit 0xb3 3 0", false},
      {"session_closed", "C_Sign 0xb0 2 0", false},
      {"operation_active", "C_SignInit 0x90 2 0", false},
      {"operation_lost", "C_Sign 0x91 1 0", false},
      {"object_handle_invalid", "C_SignInit 0x82 1 0", false},
      {"key_handle_invalid", "C_SignInit 0x60 1 0", false},
      {"logged_out", "C_SignInit 0x101 1 0", true},
      {"device_error", "C_Sign 0x30 1 0", true},
      {"device_removed", "C_SignInit 0x32 1 0", true},
      {"token_not_present", "C_SignInit 0xe0 1 0", true},
      {"general_error", "C_Sign 0x5 2 0", true},
      {"function_failed", "C_Sign 0x6 1 0", true},
      {"not_initialized", "C_SignInit 0x190 1 0", true},
      {"vendor_code", "C_Sign 0x80000123 1 0", true},
      {"sessions_that_never_work", "C_SignInit 0xb3 5 0", true},
      {"the_second_connection_fails_too", "C_Sign 0x30 1 0\nC_OpenSession 0x30 1 0", true},
  };
  for (const FaultCase& c : cases) {
    SCOPED_TRACE(c.name);
    const std::uint64_t before = epoch();
    faults_.Set(c.rules);
    const SteadyTime began = clock_.Tick();
    std::string result = SignedBy(*main_);
    // The last tries may be spent on the code itself: then the caller is told to come back.
    for (int i = 0; i < 3 && result.starts_with("HSM_UNAVAILABLE"); ++i) result = SignedBy(*main_);
    EXPECT_EQ(result, "ok");
    EXPECT_LT(clock_.Tick() - began, milliseconds(1000));
    EXPECT_EQ(epoch() > before, c.starts_over);
  }
}

TEST_F(RecoveryTest, WhatCannotBeRepairedIsSaidOnce) {
  Start();
  const long signatures = faults_.Calls("C_SignInit");
  faults_.Set("C_SignInit 0x70 -1 0");
  EXPECT_THAT(SignedBy(*main_), HasSubstr("HSM_KEY_REFUSED: C_SignInit answered "
                                          "CKR_MECHANISM_INVALID (0x70)"));
  EXPECT_EQ(faults_.Calls("C_SignInit"), signatures + 1);
  EXPECT_EQ(epoch(), 1U);
}

// A module says that a key cannot sign when half of its token has gone.
TEST_F(RecoveryTest, DoubtsAFinalAnswerWhileTheTokenIsAway) {
  Start();
  faults_.Set("C_SignInit 0x68 1 0\nC_GetTokenInfo 0x5 1 0");
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_GT(epoch(), 1U);
}

TEST_F(RecoveryTest, SomebodyElseClosesAllSessions) {
  Start();
  ASSERT_EQ(Intruder().C_CloseAllSessions(Slot()), CKR_OK);
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_EQ(epoch(), 2U);
}

TEST_F(RecoveryTest, SomebodyElseLogsOut) {
  Start();
  CK_SESSION_HANDLE session = 0;
  ASSERT_EQ(Intruder().C_OpenSession(Slot(), CKF_SERIAL_SESSION, nullptr, nullptr, &session),
            CKR_OK);
  ASSERT_EQ(Intruder().C_Logout(session), CKR_OK);
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_EQ(epoch(), 2U);
}

// One C_Login per recovery where a second one in a row never works.
TEST_F(RecoveryTest, LearnsThatLoggingInAgainIsNoUse) {
  Start();
  for (const long expected : {2, 1, 1}) {
    const long logins = faults_.Calls("C_Login");
    faults_.Set(expected == 2 ? "C_SignInit 0x101 1 0\nC_Login 0x5 1 0" : "C_SignInit 0x101 1 0");
    EXPECT_EQ(SignedBy(*main_), "ok");
    EXPECT_EQ(faults_.Calls("C_Login") - logins, expected);
  }
  EXPECT_EQ(epoch(), 4U);
}

TEST_F(RecoveryTest, SomebodyElseFinalizesTheModule) {
  Start();
  ASSERT_EQ(Intruder().C_Finalize(nullptr), CKR_OK);
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_EQ(epoch(), 2U);
}

TEST_F(RecoveryTest, TheTokenGoesAndComesBack) {
  Start();
  token_.Hide();
  const SteadyTime began = clock_.Tick();
  EXPECT_THAT(main_->Sign(Input(), In(milliseconds(2000))), IsError(Reason::kHsmUnavailable));
  EXPECT_LT(clock_.Tick() - began, milliseconds(1500));
  EXPECT_TRUE(Becomes(TokenState::kDown));
  EXPECT_THAT(TrySigner("main"), IsError(Reason::kHsmUnavailable, HasSubstr("does not start")));
  token_.Show();
  EXPECT_TRUE(Becomes(TokenState::kUp, milliseconds(1000)));
  EXPECT_EQ(SignedBy(*main_), "ok");
}

// SoftHSM on a store that it cannot write logs in once per C_Initialize and answers GENERAL_ERROR
// to a second C_Login. That says nothing about the PIN.
TEST_F(RecoveryTest, AReadOnlyStoreIsStartedOver) {
  token_.Provision({"main"});
  token_.MakeReadOnly();
  Open();
  main_ = SignerOf("main");
  EXPECT_EQ(SignedBy(*main_), "ok");
  for (std::uint64_t round = 2; round < 5; ++round) {
    const long logins = faults_.Calls("C_Login");
    ASSERT_EQ(Intruder().C_CloseAllSessions(Slot()), CKR_OK);
    EXPECT_EQ(SignedBy(*main_), "ok");
    EXPECT_EQ(epoch(), round);
    EXPECT_EQ(faults_.Calls("C_Login") - logins, 1);
  }
  EXPECT_EQ(LinesWith("PIN_REFUSED"), 0U);
  token_.MakeWritable();
}

TEST_F(RecoveryTest, ManyThreadsMeetOneLossAndOneRecoveryFollows) {
  Start();
  const long before = faults_.Calls("C_Sign");
  faults_.Set("C_Sign 0x30 8 hold");
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { good += SignedBy(*main_) == "ok" ? 1 : 0; });
    }
    AwaitCalls("C_Sign", before + 8);
    faults_.Set("");
  }
  EXPECT_EQ(good, 8);
  EXPECT_EQ(epoch(), 2U);
  EXPECT_EQ(LinesWith("keystore.token_lost"), 1U);
}

TEST_F(RecoveryTest, ACallThatHangsCostsItsCallerNoMoreThanTheDeadline) {
  Start({"main", "other"});
  const auto other = SignerOf("other");
  const long before = faults_.Calls("C_Sign");
  faults_.Set("C_Sign 0 1 hold");
  const SteadyTime began = clock_.Tick();
  std::jthread stuck([&] {
    EXPECT_THAT(main_->Sign(Input(), In(milliseconds(100))), IsError(Reason::kHsmUnavailable));
    const auto took = clock_.Tick() - began;
    EXPECT_GE(took, milliseconds(100));
    EXPECT_LT(took, milliseconds(150));
  });
  AwaitCalls("C_Sign", before + 1);
  // Meanwhile others sign, with this key too.
  EXPECT_EQ(SignedBy(*other), "ok");
  EXPECT_EQ(SignedBy(*main_), "ok");
  stuck.join();
  EXPECT_EQ(epoch(), 1U);
  faults_.Set("");
}

TEST_F(RecoveryTest, StopSaysWhetherAThreadIsStuckInTheModule) {
  Start();
  const long before = faults_.Calls("C_Sign");
  faults_.Set("C_Sign 0 1 hold");
  EXPECT_THAT(main_->Sign(Input(), In(milliseconds(50))), IsError(Reason::kHsmUnavailable));
  ASSERT_EQ(faults_.Calls("C_Sign"), before + 1);
  EXPECT_FALSE(keystore_->Stop(In(milliseconds(20))));
  EXPECT_THAT(main_->Sign(Input(), In(milliseconds(1000))), IsError(Reason::kHsmUnavailable));
  faults_.Set("");
  EXPECT_TRUE(keystore_->Stop(In(milliseconds(5000))));
}

TEST_F(RecoveryTest, EndsWhileThreadsSign) {
  Start();
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const std::string result = SignedBy(*main_);
        EXPECT_TRUE(result == "ok" || result.starts_with("HSM_UNAVAILABLE")) << result;
      }
    });
  }
  AwaitCalls("C_Sign", faults_.Calls("C_Sign") + 50);
  EXPECT_TRUE(keystore_->Stop(In(milliseconds(5000))));
  threads.clear();
}

// After a restart of the module handles are given out anew, and an old one names another key: the
// signature comes out without any error. So the keys before ours are removed meanwhile.
TEST_F(RecoveryTest, NeverSignsWithTheHandleOfAnotherEpoch) {
  token_.Provision({"a", "b", "c", "d", "main", "e", "f"});
  Open();
  main_ = SignerOf("main");
  const auto f = SignerOf("f");
  ASSERT_EQ(SignedBy(*main_), "ok");
  for (const std::string label : {"a", "b", "c", "d"}) {
    ASSERT_EQ(token_.Pkcs11Tool("--delete-object --type privkey --label " + label).exit_code, 0);
    ASSERT_EQ(token_.Pkcs11Tool("--delete-object --type pubkey --label " + label).exit_code, 0);
  }
  for (int round = 0; round < 3; ++round) {
    faults_.Set("C_Sign 0x30 1 0");
    EXPECT_EQ(SignedBy(*main_), "ok");
    EXPECT_EQ(SignedBy(*f), "ok");
  }
  EXPECT_EQ(epoch(), 4U);
}

TEST_F(RecoveryTest, AKeyThatWasDestroyedIsMissingAndTheOthersGoOn) {
  Start({"main", "other"});
  const auto other = SignerOf("other");
  ASSERT_EQ(token_.Pkcs11Tool("--delete-object --type privkey --label main").exit_code, 0);
  EXPECT_THAT(SignedBy(*main_), HasSubstr("HSM_KEY_MISSING"));
  EXPECT_EQ(SignedBy(*other), "ok");
  EXPECT_EQ(epoch(), 1U);
}

TEST_F(RecoveryTest, AnotherKeyUnderTheSameNameIsRefused) {
  Start();
  for (const std::string command :
       {"--delete-object --type privkey --label main", "--delete-object --type pubkey --label main",
        "--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 01 --label main"}) {
    const auto done = token_.Pkcs11Tool(command);
    ASSERT_EQ(done.exit_code, 0) << done.output;
  }
  EXPECT_THAT(SignedBy(*main_), HasSubstr("HSM_KEY_REFUSED"));
  faults_.Set("C_Sign 0x30 1 0");
  EXPECT_THAT(SignedBy(*main_), HasSubstr("public half changed"));
}

// The whole token replaced by one of the same label.
TEST_F(RecoveryTest, AnotherTokenUnderTheSameLabelIsRefused) {
  Start();
  token_.Hide();
  EXPECT_THAT(SignedBy(*main_), HasSubstr("HSM_UNAVAILABLE"));
  ASSERT_TRUE(Becomes(TokenState::kDown));
  // By another process, as an operator would.
  const std::string command = "mkdir " + token_.store() + " && softhsm2-util --init-token --free" +
                              " --label " + std::string(SoftToken::kLabel) +
                              " --so-pin 12345678 --pin '" + std::string(SoftToken::kPin) +
                              "' >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const SteadyTime deadline = In(milliseconds(3000));
  std::string result;
  while (!result.starts_with("HSM_KEY_REFUSED") && clock_.Tick() < deadline) {
    result = SignedBy(*main_);
  }
  EXPECT_THAT(result, HasSubstr("was the token with serial"));
}

}  // namespace
}  // namespace certbroker::keystore
