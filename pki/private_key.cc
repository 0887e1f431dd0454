#include "pki/private_key.h"

#include <memory>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/check.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;

BioPtr Over(std::string_view text) {
  BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CERTBROKER_CHECK(memory != nullptr);
  return memory;
}

Error NoCertificate() { return {Reason::kConfigInvalid, "holds no certificate in PEM"}; }

KeyPtr FirstKey(std::string_view pem) {
  // The empty pass phrase keeps OpenSSL from asking for one on the terminal.
  char none[] = "";
  return KeyPtr(
      PEM_read_bio_PrivateKey(Over(pem).get(), nullptr, nullptr, static_cast<void*>(none)));
}

}  // namespace

Result<Certificate> LeafOf(std::string_view chain_pem) {
  const OpenSslErrorScope errors;
  if (chain_pem.empty()) return NoCertificate();
  const BioPtr text = Over(chain_pem);
  X509Ptr leaf;
  int count = 0;
  while (X509Ptr next{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) {
    if (++count == 1) leaf = std::move(next);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return Error(Reason::kConfigInvalid, fmt::format("holds, as its certificate {}, something "
                                                     "that does not decode ({})",
                                                     count + 1, OpenSslErrorScope::LastReason()));
  }
  if (leaf == nullptr) return NoCertificate();
  unsigned char* der = nullptr;
  const int size = i2d_X509(leaf.get(), &der);
  CERTBROKER_CHECK(size > 0);
  const Bytes copy(der, der + size);
  OPENSSL_free(der);
  auto certificate = Certificate::Parse(copy);
  if (!certificate) return Error(Reason::kConfigInvalid, certificate.error().detail());
  return certificate;
}

Result<void> CheckPrivateKey(std::string_view key_pem, const Certificate& certificate) {
  const OpenSslErrorScope errors;
  const KeyPtr key = key_pem.empty() ? nullptr : FirstKey(key_pem);
  if (key == nullptr) {
    return Error(Reason::kConfigInvalid, "holds no unencrypted private key in PEM");
  }
  const X509Ptr x509 = DecodeX509(certificate.der());
  CERTBROKER_CHECK(x509 != nullptr);
  if (X509_check_private_key(x509.get(), key.get()) != 1) {
    return Error(Reason::kConfigInvalid, "is not the key of the certificate");
  }
  return {};
}

}  // namespace certbroker::pki
