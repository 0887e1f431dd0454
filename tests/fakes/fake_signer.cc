#include "tests/fakes/fake_signer.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "core/check.h"

namespace certbroker {
namespace {

std::shared_ptr<EVP_PKEY> MakeKey() {
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  CERTBROKER_CHECK(key != nullptr);
  return key;
}

Jwk JwkOf(EVP_PKEY* key) {
  std::array<std::uint8_t, 65> point{};
  std::size_t size = 0;
  CERTBROKER_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                   point.size(), &size) == 1);
  CERTBROKER_CHECK(size == point.size());
  const ByteView coordinates = ByteView(point).subspan(1);
  return EcP256Jwk(coordinates.first(32), coordinates.subspan(32));
}

// OpenSSL signs in DER; a JWS wants r‖s (RFC 7518 §3.4).
Bytes RawSignature(EVP_PKEY* key, ByteView message) {
  std::array<std::uint8_t, 80> der{};
  std::size_t size = der.size();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  CERTBROKER_CHECK(
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) == 1);
  const unsigned char* input = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &input, static_cast<long>(size)), ECDSA_SIG_free);
  CERTBROKER_CHECK(signature != nullptr);
  Bytes raw(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32);
  return raw;
}

}  // namespace

FakeSigner::FakeSigner(Clock& clock, std::optional<std::vector<std::string>> allowed_origins)
    : clock_(clock),
      allowed_origins_(std::move(allowed_origins)),
      key_(MakeKey()),
      jwk_(JwkOf(key_.get())) {}

FakeSigner::~FakeSigner() = default;

std::optional<Error> FakeSigner::Refusal(const JwsInput& input, SteadyTime deadline) {
  {
    const MutexLock lock(mutex_);
    calls_.push_back(input);
    if (!failures_.empty()) {
      Error error = std::move(failures_.front());
      failures_.pop_front();
      return error;
    }
  }
  if (auto form = CheckForm(input); !form) return form.error();
  const auto allowed = [this](const HttpsUrl& url) {
    return !allowed_origins_ ||
           std::ranges::find(*allowed_origins_, url.origin()) != allowed_origins_->end();
  };
  if (!allowed(input.url) || (input.account_url && !allowed(*input.account_url))) {
    return Error(Reason::kCaBadAnswer, "origin not allowed");
  }
  if (clock_.Tick() >= deadline) return Error(Reason::kHsmUnavailable, "too late");
  return std::nullopt;
}

Result<std::string> FakeSigner::Sign(const JwsInput& input, SteadyTime deadline) {
  if (auto refusal = Refusal(input, deadline)) return *std::move(refusal);
  const UnsignedJws jws(input, jwk_);
  return jws.WithSignature(RawSignature(key_.get(), AsBytes(jws.SigningInput())));
}

void FakeSigner::FailNext(Error error) {
  const MutexLock lock(mutex_);
  failures_.push_back(std::move(error));
}

std::vector<JwsInput> FakeSigner::calls() const {
  const MutexLock lock(mutex_);
  return calls_;
}

}  // namespace certbroker
