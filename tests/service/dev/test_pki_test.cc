#include "service/dev/test_pki.h"

#include <sys/stat.h>

#include <cstdio>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

using Certificate = std::unique_ptr<X509, OpenSslDeleter>;

Certificate Load(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"),
                                                             &std::fclose);
  if (file == nullptr) return nullptr;
  return Certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
}

class TestPkiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ca = TestCa::Make("test CA", Path("ca.pem"), clock_, random_);
    ASSERT_THAT(ca, IsOk());
    ca_.emplace(std::move(*ca));
  }

  std::filesystem::path Path(const std::string& name) const {
    return std::filesystem::path(dir_.path()) / name;
  }

  // As a TLS library would check it at the fake clock's time.
  bool Verifies(X509* certificate, int purpose) const {
    const Certificate root = Load(Path("ca.pem"));
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                        &X509_STORE_free);
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
        X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    X509_STORE_add_cert(store.get(), root.get());
    X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_STORE_CTX_set_time(
        context.get(), 0,
        std::chrono::duration_cast<std::chrono::seconds>(clock_.Now().time_since_epoch()).count());
    return X509_verify_cert(context.get()) == 1;
  }

  TempDir dir_;
  FakeClock clock_;
  FakeRandom random_;
  std::optional<TestCa> ca_;
};

TEST_F(TestPkiTest, ServerCertificateIsForThisMachine) {
  const auto files = ca_->IssueServer(Path("service"));
  ASSERT_THAT(files, IsOk());

  const Certificate certificate = Load(files->certificate);

  ASSERT_NE(certificate, nullptr);
  EXPECT_TRUE(Verifies(certificate.get(), X509_PURPOSE_SSL_SERVER));
  EXPECT_FALSE(Verifies(certificate.get(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
}

TEST_F(TestPkiTest, AgentCertificateHasOneUriAndIsForClients) {
  const auto files = ca_->IssueClient(Path("web-01"), "spiffe://dev.certbroker.test/agent/web-01");
  ASSERT_THAT(files, IsOk());

  const Certificate certificate = Load(files->certificate);

  ASSERT_NE(certificate, nullptr);
  EXPECT_TRUE(Verifies(certificate.get(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_FALSE(Verifies(certificate.get(), X509_PURPOSE_SSL_SERVER));
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  ASSERT_EQ(sk_GENERAL_NAME_num(names.get()), 1);
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  ASSERT_EQ(name->type, GEN_URI);
  EXPECT_EQ(
      std::string(
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier)),
          static_cast<std::size_t>(ASN1_STRING_length(name->d.uniformResourceIdentifier))),
      "spiffe://dev.certbroker.test/agent/web-01");
}

TEST_F(TestPkiTest, KeyFitsTheCertificateAndIsForItsOwnerOnly) {
  const auto files = ca_->IssueServer(Path("service"));
  ASSERT_THAT(files, IsOk());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(files->key.c_str(), "r"),
                                                             &std::fclose);
  const std::unique_ptr<EVP_PKEY, OpenSslDeleter> key(
      PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));

  ASSERT_NE(key, nullptr);
  EXPECT_EQ(X509_check_private_key(Load(files->certificate).get(), key.get()), 1);
  struct stat facts = {};
  ASSERT_EQ(::stat(files->key.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

TEST_F(TestPkiTest, EveryCertificateHasItsOwnPositiveSerial) {
  const auto first = ca_->IssueServer(Path("a"));
  const auto second = ca_->IssueServer(Path("b"));
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());

  const Certificate a = Load(first->certificate);
  const Certificate b = Load(second->certificate);

  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(a.get()), X509_get0_serialNumber(b.get())), 0);
  EXPECT_NE(X509_get0_serialNumber(a.get())->type, V_ASN1_NEG_INTEGER);
}

TEST_F(TestPkiTest, ExpiresSoon) {
  const auto files = ca_->IssueServer(Path("service"));
  ASSERT_THAT(files, IsOk());
  const Certificate certificate = Load(files->certificate);

  clock_.Advance(std::chrono::hours(31 * 24));

  EXPECT_FALSE(Verifies(certificate.get(), X509_PURPOSE_SSL_SERVER));
}

}  // namespace
}  // namespace certbroker::dev
