// pki/certificate_key.h: a certificate's own private key, for the one request that a CA takes
// from it: revocation (RFC 8555 §7.6).
#pragma once

#include <memory>
#include <string_view>

#include "core/ports/signer.h"
#include "core/result.h"
#include "pki/certificate.h"

struct evp_pkey_st;

namespace certbroker::pki {

// In memory, as long as the object lives; for a command that ends, not for the service: account
// keys stay in the HSM. Signs revocations and nothing else.
class CertificateKey final : public Signer {
 public:
  // `key_pem`: unencrypted, P-256, P-384, or RSA of 2048 to 4096 bits. kConfigInvalid: anything
  // else, or not the key of `certificate`. The text quotes nothing of the key.
  static Result<std::unique_ptr<CertificateKey>> Read(std::string_view key_pem,
                                                      const Certificate& certificate);

  // kInternal: another purpose. Does not block.
  Result<std::string> Sign(const JwsInput& input, SteadyTime deadline) override;
  const Jwk& public_key() const override { return jwk_; }

 private:
  CertificateKey(std::shared_ptr<evp_pkey_st> key, Jwk jwk)
      : key_(std::move(key)), jwk_(std::move(jwk)) {}

  const std::shared_ptr<evp_pkey_st> key_;
  const Jwk jwk_;
};

}  // namespace certbroker::pki
