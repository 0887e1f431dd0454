#include "agent/host_key.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "pki/digest.h"

namespace certbroker::agent {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

void FreeExtensions(STACK_OF(X509_EXTENSION) * stack) {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), decltype(&FreeExtensions)>;

// gRPC reads the same error queue on the same thread; nothing of ours may stay there.
class CleanErrors {
 public:
  CleanErrors() { ERR_set_mark(); }
  ~CleanErrors() { ERR_pop_to_mark(); }
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
};

EVP_PKEY* MakeKey(pki::KeyType type) {
  switch (type) {
    case pki::KeyType::kEcP256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case pki::KeyType::kEcP384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case pki::KeyType::kRsa2048:
      return EVP_RSA_gen(2048U);
    case pki::KeyType::kRsa3072:
      return EVP_RSA_gen(3072U);
    case pki::KeyType::kRsa4096:
      return EVP_RSA_gen(4096U);
  }
  CERTBROKER_CHECK(false);
}

Error Failed(std::string_view what) {
  return {Reason::kInternal,
          fmt::format("OpenSSL could not {}: {}", what,
                      Printable(ERR_reason_error_string(ERR_peek_last_error()) != nullptr
                                    ? ERR_reason_error_string(ERR_peek_last_error())
                                    : "no details"))};
}

bool AddNames(X509_REQ* request, const std::vector<Identifier>& names) {
  std::string value;
  for (const Identifier& name : names) {
    if (!value.empty()) value += ',';
    value += (name.is_ip() ? "IP:" : "DNS:") + name.ToString();
  }
  const Extensions extensions(sk_X509_EXTENSION_new_null(), &FreeExtensions);
  X509_EXTENSION* one = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, value.c_str());
  if (extensions == nullptr || one == nullptr ||
      sk_X509_EXTENSION_push(extensions.get(), one) == 0) {
    X509_EXTENSION_free(one);
    return false;
  }
  return X509_REQ_add_extensions(request, extensions.get()) == 1;
}

}  // namespace

Result<HostKey> HostKey::Wrap(std::shared_ptr<evp_pkey_st> key) {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) return Failed("encode the public key");
  Bytes digest = pki::Sha256({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return HostKey(std::move(key), std::move(digest));
}

Result<HostKey> HostKey::Generate(pki::KeyType type) {
  const CleanErrors scope;
  std::shared_ptr<evp_pkey_st> key(MakeKey(type), &EVP_PKEY_free);
  if (key == nullptr) return Failed("make a key");
  return Wrap(std::move(key));
}

Result<HostKey> HostKey::FromPem(const Secret& pem) {
  const CleanErrors scope;
  const std::string_view text = pem.ExposeForUse();
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  // The empty pass phrase keeps OpenSSL from asking for one on the terminal.
  char no_pass[] = "";
  std::shared_ptr<evp_pkey_st> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, static_cast<void*>(no_pass)),
      &EVP_PKEY_free);
  if (key == nullptr) return Error(Reason::kFileUnusable, "no unencrypted private key in PEM");
  return Wrap(std::move(key));
}

Secret HostKey::ToPem() const {
  const CleanErrors scope;
  const Memory memory(BIO_new(BIO_s_secmem()), &BIO_free_all);
  CERTBROKER_CHECK(memory != nullptr);
  CERTBROKER_CHECK(PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return Secret(std::string(text, static_cast<std::size_t>(size)));
}

Result<Bytes> HostKey::MakeCsr(const std::vector<Identifier>& names) const {
  const CleanErrors scope;
  const RequestPtr request(X509_REQ_new(), &X509_REQ_free);
  const EVP_MD* digest = EVP_PKEY_get_bits(key_.get()) == 384 ? EVP_sha384() : EVP_sha256();
  if (request == nullptr || X509_REQ_set_pubkey(request.get(), key_.get()) != 1 ||
      (!names.empty() && !AddNames(request.get(), names)) ||
      X509_REQ_sign(request.get(), key_.get(), digest) <= 0) {
    return Failed("make the certificate signing request");
  }
  std::uint8_t* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return Failed("encode the certificate signing request");
  Bytes octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

}  // namespace certbroker::agent
