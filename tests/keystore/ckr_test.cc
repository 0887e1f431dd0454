#include "keystore/ckr.h"

#include <gmock/gmock.h>

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

TEST(CkrTest, SaysWhatRepairsIt) {
  const struct {
    CK_RV rv;
    Fault fault;
  } cases[] = {
      {CKR_OK, Fault::kNone},
      {CKR_SESSION_HANDLE_INVALID, Fault::kSession},
      {CKR_OPERATION_ACTIVE, Fault::kSession},
      {CKR_USER_NOT_LOGGED_IN, Fault::kLogin},
      {CKR_OBJECT_HANDLE_INVALID, Fault::kHandle},
      {CKR_SESSION_COUNT, Fault::kBusy},
      {CKR_TOKEN_NOT_PRESENT, Fault::kToken},
      {CKR_GENERAL_ERROR, Fault::kToken},
      {CKR_CRYPTOKI_NOT_INITIALIZED, Fault::kToken},
      {CKR_USER_PIN_NOT_INITIALIZED,
       Fault::kToken},  // the login race of SoftHSM: not about the PIN
      {CKR_PIN_INCORRECT, Fault::kPin},
      {CKR_PIN_LOCKED, Fault::kPin},
      {CKR_MECHANISM_INVALID, Fault::kFinal},
      {CKR_KEY_FUNCTION_NOT_PERMITTED, Fault::kFinal},
      {CKR_VENDOR_DEFINED | 0x123, Fault::kToken},
      {0x7777, Fault::kToken},
  };
  for (const auto& c : cases) EXPECT_EQ(Classify(c.rv), c.fault) << CkrName(c.rv);
}

TEST(CkrTest, NamesTheCodeForPeople) {
  EXPECT_EQ(CkrName(CKR_PIN_INCORRECT), "CKR_PIN_INCORRECT (0xa0)");
  EXPECT_EQ(CkrName(0x80000123), "an unlisted code (0x80000123)");
}

TEST(CkrTest, GivesTheReasonThatACallerActsOn) {
  EXPECT_EQ(CallFailed("C_Login", CKR_PIN_LOCKED).reason(), Reason::kHsmPinRefused);
  EXPECT_EQ(CallFailed("C_Sign", CKR_DEVICE_ERROR).reason(), Reason::kHsmUnavailable);
  EXPECT_EQ(CallFailed("C_Sign", CKR_SESSION_COUNT).reason(), Reason::kHsmUnavailable);
  EXPECT_EQ(CallFailed("C_Sign", CKR_MECHANISM_INVALID).reason(), Reason::kHsmKeyRefused);
  EXPECT_THAT(CallFailed("C_Sign", CKR_DEVICE_ERROR).detail(),
              HasSubstr("C_Sign answered CKR_DEVICE_ERROR (0x30)"));
}

}  // namespace
}  // namespace certbroker::keystore
