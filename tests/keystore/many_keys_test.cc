// A token with a thousand keys: how long it takes until the first one signs.
#include <cstdlib>

#include <p11-kit/pkcs11.h>

#include "keystore/curves.h"
#include "keystore/objects.h"
#include "keystore/pkcs11_module.h"
#include "keystore/session_pool.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

constexpr int kKeys = 1000;

// In memory: SoftHSM writes a file per object, and the disk is not what is measured.
class InMemory {
 public:
  InMemory() { ::setenv("TMPDIR", "/dev/shm", 1); }
  ~InMemory() { ::unsetenv("TMPDIR"); }
};

class ManyKeysTest : public ::testing::Test {
 protected:
  // By the module's own calls, with our template, and without reading each key back.
  static void Generate(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, int number) {
    constexpr CK_BBOOL kYes = CK_TRUE;
    constexpr CK_BBOOL kNo = CK_FALSE;
    const std::string label = "key-" + std::to_string(number);
    Bytes id(16);
    id[0] = static_cast<std::uint8_t>(number >> 8);
    id[1] = static_cast<std::uint8_t>(number);
    const Bytes curve(kP256Oid.begin(), kP256Oid.end());
    std::vector<CK_ATTRIBUTE> open = {
        AttributeOf(CKA_TOKEN, kYes),  AttributeOf(CKA_PRIVATE, kNo),
        AttributeOf(CKA_VERIFY, kYes), AttributeOf(CKA_LABEL, AsBytes(label)),
        AttributeOf(CKA_ID, id),       AttributeOf(CKA_EC_PARAMS, curve)};
    std::vector<CK_ATTRIBUTE> closed = {
        AttributeOf(CKA_TOKEN, kYes),     AttributeOf(CKA_PRIVATE, kYes),
        AttributeOf(CKA_SENSITIVE, kYes), AttributeOf(CKA_EXTRACTABLE, kNo),
        AttributeOf(CKA_SIGN, kYes),      AttributeOf(CKA_LABEL, AsBytes(label)),
        AttributeOf(CKA_ID, id)};
    CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE private_key = 0;
    ASSERT_EQ(functions.C_GenerateKeyPair(session, &mechanism, open.data(), open.size(),
                                          closed.data(), closed.size(), &public_key, &private_key),
              CKR_OK);
  }
  void GenerateAll() {
    token_.Provision({"main"});
    auto module = Pkcs11Module::Load(std::string(SoftToken::kModule), "");
    ASSERT_THAT(module, IsOk());
    ASSERT_THAT((*module)->Initialize(), IsOk());
    const auto found = (*module)->FindToken({std::string(SoftToken::kLabel), ""});
    ASSERT_THAT(found, IsOk());
    CK_FUNCTION_LIST& functions = (*module)->functions();
    CK_SESSION_HANDLE session = 0;
    ASSERT_EQ(functions.C_OpenSession(found->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr,
                                      nullptr, &session),
              CKR_OK);
    std::string pin(SoftToken::kPin);
    ASSERT_EQ(functions.C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR_PTR>(pin.data()),
                                pin.size()),
              CKR_OK);
    for (int i = 0; i < kKeys; ++i) Generate(functions, session, i);
  }

  const InMemory in_memory_;
  SoftToken token_;
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
};

TEST_F(ManyKeysTest, AThousandKeysStartWithinTwoSeconds) {
  GenerateAll();
  const SteadyTime begun = clock_.Tick();
  auto keystore = Keystore::Open(token_.keystore_options(), ledger_, clock_, log_);
  ASSERT_THAT(keystore, IsOk());
  ASSERT_EQ((*keystore)->health().state, TokenState::kUp);
  // An account's key each for the first, the last and one in between: they prove themselves.
  for (const int number : {0, 500, kKeys - 1}) {
    EXPECT_THAT((*keystore)->SignerFor(SoftToken::UriOf("key-" + std::to_string(number)), {}),
                IsOk());
  }
  EXPECT_LT(clock_.Tick() - begun, std::chrono::seconds(2));

  // All of them, as a service with a thousand accounts would.
  const SteadyTime all = clock_.Tick();
  for (int number = 0; number < kKeys; ++number) {
    ASSERT_THAT((*keystore)->SignerFor(SoftToken::UriOf("key-" + std::to_string(number)), {}),
                IsOk());
  }
  std::printf("start %lld ms, a thousand proofs %lld ms\n",
              static_cast<long long>((all - begun).count() / 1'000'000),
              static_cast<long long>((clock_.Tick() - all).count() / 1'000'000));
}

}  // namespace
}  // namespace certbroker::keystore
