#include "tests/support/made_csr.h"

#include <memory>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "tests/support/made_key.h"

namespace certbroker {

Bytes MadeCsr(const std::vector<std::string>& names, pki::KeyType key) {
  std::string san;
  for (const std::string& name : names) san += (san.empty() ? "DNS:" : ",DNS:") + name;
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, san.c_str());
  CERTBROKER_CHECK(extension != nullptr);
  sk_X509_EXTENSION_push(extensions, extension);
  CERTBROKER_CHECK(X509_REQ_set_pubkey(request.get(), MadeKey(key)) == 1);
  CERTBROKER_CHECK(X509_REQ_add_extensions(request.get(), extensions) == 1);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  CERTBROKER_CHECK(X509_REQ_sign(request.get(), MadeKey(key), EVP_sha256()) > 0);
  Bytes der(static_cast<std::size_t>(i2d_X509_REQ(request.get(), nullptr)));
  unsigned char* out = der.data();
  i2d_X509_REQ(request.get(), &out);
  return der;
}

}  // namespace certbroker
