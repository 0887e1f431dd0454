// The shim does what its orders say; otherwise the tests that rely on it would prove nothing.
#include <dlfcn.h>

#include <array>
#include <thread>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"
#include "tests/support/fault_module.h"
#include "tests/support/result_matchers.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

class ShimTest : public ::testing::Test {
 protected:
  ShimTest() {
    token_.Provision({"a", "b"});
    void* const handle = ::dlopen(FaultModule::path().c_str(), RTLD_NOW);
    reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"))(&functions_);
  }
  ~ShimTest() override { f().C_Finalize(nullptr); }
  CK_FUNCTION_LIST& f() { return *functions_; }

  // C_Initialize up to C_Login.
  void Start() {
    ASSERT_EQ(f().C_Initialize(nullptr), CKR_OK);
    std::array<CK_SLOT_ID, 4> slots{};
    CK_ULONG size = slots.size();
    ASSERT_EQ(f().C_GetSlotList(CK_TRUE, slots.data(), &size), CKR_OK);
    slot_ = slots[0];
    ASSERT_EQ(Open(), CKR_OK);
  }
  CK_RV Open() { return f().C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session_); }
  CK_RV Login(std::string pin = std::string(SoftToken::kPin)) {
    return f().C_Login(session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR_PTR>(pin.data()),
                       pin.size());
  }
  std::vector<CK_OBJECT_HANDLE> Keys() {
    CK_OBJECT_CLASS wanted = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE attribute{CKA_CLASS, &wanted, sizeof(wanted)};
    EXPECT_EQ(f().C_FindObjectsInit(session_, &attribute, 1), CKR_OK);
    std::vector<CK_OBJECT_HANDLE> keys(8);
    CK_ULONG size = 0;
    EXPECT_EQ(f().C_FindObjects(session_, keys.data(), keys.size(), &size), CKR_OK);
    f().C_FindObjectsFinal(session_);
    keys.resize(size);
    return keys;
  }
  std::string LabelOf(CK_OBJECT_HANDLE key) {
    std::array<char, 64> label{};
    CK_ATTRIBUTE attribute{CKA_LABEL, label.data(), label.size()};
    EXPECT_EQ(f().C_GetAttributeValue(session_, key, &attribute, 1), CKR_OK);
    return std::string(label.data(), attribute.ulValueLen);
  }
  CK_RV Sign(Bytes* signature) {
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    if (const CK_RV rv = f().C_SignInit(session_, &mechanism, Keys().front()); rv != CKR_OK) {
      return rv;
    }
    std::array<std::uint8_t, 32> digest{};
    signature->assign(128, 0);
    CK_ULONG size = signature->size();
    const CK_RV rv = f().C_Sign(session_, digest.data(), digest.size(), signature->data(), &size);
    signature->resize(size);
    return rv;
  }
  CK_TOKEN_INFO Info() {
    CK_TOKEN_INFO info{};
    EXPECT_EQ(f().C_GetTokenInfo(slot_, &info), CKR_OK);
    return info;
  }

  FaultModule faults_;
  SoftToken token_{FaultModule::path()};
  CK_FUNCTION_LIST* functions_ = nullptr;
  CK_SLOT_ID slot_ = 0;
  CK_SESSION_HANDLE session_ = 0;
};

TEST_F(ShimTest, RulesOfOneFunctionAreUsedUpInTurn) {
  Start();
  faults_.Set("C_GetSessionInfo 0x30 2 0 after=1\nC_GetSessionInfo 0x32 1 0");
  const long before = faults_.Calls("C_GetSessionInfo");
  CK_SESSION_INFO info{};
  std::vector<CK_RV> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(f().C_GetSessionInfo(session_, &info));
  EXPECT_EQ(answers, (std::vector<CK_RV>{0, 0x30, 0x30, 0x32, 0}));
  EXPECT_EQ(faults_.Calls("C_GetSessionInfo") - before, 5);
}

TEST_F(ShimTest, ACallIsHeldUntilTheOrdersChange) {
  Start();
  faults_.Set("C_GetSessionInfo 0x30 1 hold");
  const long before = faults_.Calls("C_GetSessionInfo");
  std::atomic<bool> returned = false;
  std::jthread held([&] {
    CK_SESSION_INFO info{};
    EXPECT_EQ(f().C_GetSessionInfo(session_, &info), CKR_DEVICE_ERROR);
    returned = true;
  });
  while (faults_.Calls("C_GetSessionInfo") == before) std::this_thread::yield();
  EXPECT_FALSE(returned);
  faults_.Set("");
}

TEST_F(ShimTest, SessionsAreLimited) {
  faults_.Set("MAXSESS 2");
  Start();
  EXPECT_EQ(Info().ulMaxSessionCount, 2U);
  const CK_SESSION_HANDLE first = session_;
  EXPECT_EQ(Open(), CKR_OK);
  EXPECT_EQ(Open(), CKR_SESSION_COUNT);
  EXPECT_EQ(f().C_CloseSession(first), CKR_OK);
  EXPECT_EQ(Open(), CKR_OK);
}

TEST_F(ShimTest, ThreeWrongPinsLockTheToken) {
  faults_.Set("PINTRIES 3");
  Start();
  constexpr CK_FLAGS kAll = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;
  EXPECT_EQ(Login("wrong"), CKR_PIN_INCORRECT);
  EXPECT_EQ(Info().flags & kAll, CKF_USER_PIN_COUNT_LOW);
  EXPECT_EQ(Login("wrong"), CKR_PIN_INCORRECT);
  EXPECT_EQ(Info().flags & kAll, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
  EXPECT_EQ(Login("wrong"), CKR_PIN_INCORRECT);
  EXPECT_TRUE((Info().flags & CKF_USER_PIN_LOCKED) != 0);
  EXPECT_EQ(Login(), CKR_PIN_LOCKED);
}

TEST_F(ShimTest, OldHandlesNameOtherKeys) {
  faults_.Set("RENUMBER");
  Start();
  ASSERT_EQ(Login(), CKR_OK);
  const auto keys = Keys();
  ASSERT_EQ(keys.size(), 2U);
  const std::set<CK_OBJECT_HANDLE> before(keys.begin(), keys.end());
  ASSERT_EQ(f().C_Finalize(nullptr), CKR_OK);
  Start();
  ASSERT_EQ(Login(), CKR_OK);
  const auto again = Keys();
  EXPECT_EQ(std::set<CK_OBJECT_HANDLE>(again.begin(), again.end()), before);
  // In whatever order SoftHSM lists them, the first one shown has the handle of the second one.
  EXPECT_EQ(again[0], keys[1]);
  EXPECT_NE(LabelOf(again[0]), LabelOf(again[1]));
}

TEST_F(ShimTest, SignaturesAreSpoilt) {
  Start();
  ASSERT_EQ(Login(), CKR_OK);
  Bytes signature;
  for (const auto& [order, octets] :
       {std::pair{"output=short", 63U}, {"output=long", 65U}, {"output=wrong", 64U}}) {
    faults_.Set(std::string("C_Sign 0 1 0 ") + order);
    ASSERT_EQ(Sign(&signature), CKR_OK);
    EXPECT_EQ(signature.size(), octets);
  }
  faults_.Set("NOMECH 0x1041");
  EXPECT_EQ(Sign(&signature), CKR_MECHANISM_INVALID);
}

TEST_F(ShimTest, TheTokenSaysWhatItIsTold) {
  faults_.Set("TOKENFLAGS 0x20000\nSERIAL 0123");
  Start();
  EXPECT_TRUE((Info().flags & CKF_USER_PIN_FINAL_TRY) != 0);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(Info().serialNumber), 5), "0123 ");
}

}  // namespace
}  // namespace certbroker
