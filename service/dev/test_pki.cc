#include "service/dev/test_pki.h"

#include <array>
#include <utility>

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "service/dev/text_file.h"

namespace certbroker::dev {
namespace {

using Key = std::unique_ptr<EVP_PKEY, OpenSslDeleter>;
using Certificate = std::unique_ptr<X509, OpenSslDeleter>;

constexpr std::chrono::hours kClockSlack{1};
constexpr std::chrono::hours kLifetime{30 * 24};

struct Extension {
  int nid;
  std::string value;
};

// The sentence is enough: nothing here depends on input from outside.
Error Failed(std::string_view what) {
  return {Reason::kInternal, fmt::format("making the stack's certificates: {} failed", what)};
}

bool SetValidity(X509* certificate, Time now) {
  const auto seconds = [](Time t) {
    return static_cast<time_t>(
        std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(now - kClockSlack)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(now + kLifetime)) != nullptr;
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets.
bool SetSerial(X509* certificate, Random& random) {
  std::array<std::uint8_t, 16> octets{};
  random.Fill(octets);
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7FU) | 0x01U);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), &BN_free);
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                    -1, 0) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer, const std::vector<Extension>& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
    if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) return false;
  }
  return true;
}

// `issuer` and `issuer_key` null: self-signed.
Result<Certificate> Sign(const std::string& common_name, EVP_PKEY* key, X509* issuer,
                         EVP_PKEY* issuer_key, const std::vector<Extension>& extensions,
                         Clock& clock, Random& random) {
  Certificate certificate(X509_new());
  X509* const x = certificate.get();
  X509* const by = issuer == nullptr ? x : issuer;
  const bool made = x != nullptr && X509_set_version(x, X509_VERSION_3) == 1 &&
                    SetSerial(x, random) && SetValidity(x, clock.Now()) &&
                    SetSubject(x, common_name) &&
                    X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 &&
                    X509_set_pubkey(x, key) == 1 && AddExtensions(x, by, extensions) &&
                    X509_sign(x, issuer_key == nullptr ? key : issuer_key, EVP_sha256()) > 0;
  if (!made) return Failed("signing");
  return certificate;
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string_view ContentOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<void> WriteCertificate(const std::filesystem::path& path, X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return Failed("encoding");
  return WriteFile(path, ContentOf(bio.get()), 0644);
}

Result<void> WriteKey(const std::filesystem::path& path, EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Failed("encoding");
  }
  return WriteFile(path, ContentOf(bio.get()), 0600);
}

}  // namespace

void OpenSslDeleter::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void OpenSslDeleter::operator()(X509* certificate) const { X509_free(certificate); }

Result<TestCa> TestCa::Make(const std::string& common_name,
                            const std::filesystem::path& certificate, Clock& clock,
                            Random& random) {
  TestCa ca(clock, random);
  ca.certificate_file_ = certificate;
  ca.key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (ca.key_ == nullptr) return Failed("key generation");
  const std::vector<Extension> extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                             {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                             {NID_subject_key_identifier, "hash"}};
  ASSIGN_OR_RETURN(ca.self_,
                   Sign(common_name, ca.key_.get(), nullptr, nullptr, extensions, clock, random));
  RETURN_IF_ERROR(WriteCertificate(certificate, ca.self_.get()));
  return ca;
}

Result<KeyPairFiles> TestCa::IssueServer(const std::filesystem::path& stem) {
  return Issue(stem, {.common_name = "localhost",
                      .extended_key_usage = "serverAuth",
                      .alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1"});
}

Result<KeyPairFiles> TestCa::IssueClient(const std::filesystem::path& stem,
                                         const std::string& uri) {
  return Issue(stem, {.common_name = stem.filename().string(),
                      .extended_key_usage = "clientAuth",
                      .alternative_names = fmt::format("URI:{}", uri)});
}

Result<KeyPairFiles> TestCa::Issue(const std::filesystem::path& stem, const Profile& profile) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (key == nullptr) return Failed("key generation");
  const std::vector<Extension> extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                                             {NID_key_usage, "critical,digitalSignature"},
                                             {NID_ext_key_usage, profile.extended_key_usage},
                                             {NID_subject_key_identifier, "hash"},
                                             {NID_authority_key_identifier, "keyid"},
                                             {NID_subject_alt_name, profile.alternative_names}};
  ASSIGN_OR_RETURN(const Certificate certificate, Sign(profile.common_name, key.get(), self_.get(),
                                                       key_.get(), extensions, *clock_, *random_));
  const KeyPairFiles files = {.certificate = stem.string() + ".pem", .key = stem.string() + ".key"};
  RETURN_IF_ERROR(WriteKey(files.key, key.get()));
  RETURN_IF_ERROR(WriteCertificate(files.certificate, certificate.get()));
  return files;
}

}  // namespace certbroker::dev
