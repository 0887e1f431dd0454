// agent/host_key.h: the private key of a certificate: born on this host, never to leave it.
#pragma once

#include <memory>
#include <vector>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/secret.h"
#include "pki/key_type.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace certbroker::agent {

// Immutable; copies share one key, which OpenSSL wipes when the last one goes.
class HostKey {
 public:
  // From the kernel's randomness. An RSA key takes up to a few seconds. kInternal.
  static Result<HostKey> Generate(pki::KeyType type);
  // An unencrypted PKCS #8 block. kFileUnusable; the text quotes nothing of the key.
  static Result<HostKey> FromPem(const Secret& pem);

  Secret ToPem() const;  // PKCS #8, unencrypted
  const Bytes& spki_sha256() const { return spki_sha256_; }

  // A PKCS #10 request (DER) for these names in subjectAltName and nothing else: the subject is
  // empty, signed with SHA-256 (P-384: SHA-384). Without names: for an identity, which the service
  // names. kInternal.
  Result<Bytes> MakeCsr(const std::vector<Identifier>& names) const;

 private:
  HostKey(std::shared_ptr<evp_pkey_st> key, Bytes spki_sha256)
      : key_(std::move(key)), spki_sha256_(std::move(spki_sha256)) {}
  static Result<HostKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  Bytes spki_sha256_;
};

}  // namespace certbroker::agent
