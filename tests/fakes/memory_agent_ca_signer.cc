#include "tests/fakes/memory_agent_ca_signer.h"

#include <array>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "core/check.h"
#include "keystore/agent_certificate.h"
#include "keystore/key_kind.h"

namespace certbroker {
namespace {

constexpr std::size_t kPointOctets = 65;
constexpr std::size_t kCoordinateOctets = 32;

std::shared_ptr<EVP_PKEY> MakeCaKey() {
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  CERTBROKER_CHECK(key != nullptr);
  return key;
}

keystore::PublicKey PublicHalfOf(EVP_PKEY* key) {
  std::array<std::uint8_t, kPointOctets> point{};
  std::size_t size = 0;
  CERTBROKER_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                   point.size(), &size) == 1);
  auto half = keystore::PublicKey::FromEcPoint(point);
  CERTBROKER_CHECK(half.has_value());
  return *std::move(half);
}

// As a token gives it: r‖s.
Bytes SignatureOver(EVP_PKEY* key, ByteView digest) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  std::array<std::uint8_t, 80> der{};
  std::size_t size = der.size();
  CERTBROKER_CHECK(EVP_PKEY_sign_init(context.get()) == 1 &&
                   EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) ==
                       1);
  const unsigned char* input = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &input, static_cast<long>(size)), ECDSA_SIG_free);
  CERTBROKER_CHECK(signature != nullptr);
  Bytes raw(2 * kCoordinateOctets);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), kCoordinateOctets);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + kCoordinateOctets,
               kCoordinateOctets);
  return raw;
}

}  // namespace

MemoryAgentCaSigner::MemoryAgentCaSigner()
    : key_(MakeCaKey()), public_key_(PublicHalfOf(key_.get())) {}

Result<Bytes> MemoryAgentCaSigner::Signed(keystore::UnsignedCertificate certificate) {
  {
    const MutexLock lock(mutex_);
    if (!failures_.empty()) {
      Error error = std::move(failures_.front());
      failures_.pop_front();
      return error;
    }
  }
  const Bytes digest = keystore::DigestFor(public_key_.kind(), certificate.ToBeSigned());
  return std::move(certificate).WithSignature(SignatureOver(key_.get(), digest));
}

Result<Bytes> MemoryAgentCaSigner::SignCa(const AgentCaProfile& profile, SteadyTime /*deadline*/) {
  ASSIGN_OR_RETURN(auto certificate, keystore::MakeCaCertificate(profile, public_key_));
  return Signed(std::move(certificate));
}

Result<Bytes> MemoryAgentCaSigner::SignAgent(const Bytes& ca,
                                             const AgentCertificateProfile& profile,
                                             SteadyTime /*deadline*/) {
  ASSIGN_OR_RETURN(auto certificate, keystore::MakeAgentCertificate(ca, profile, public_key_));
  return Signed(std::move(certificate));
}

void MemoryAgentCaSigner::FailNext(Error error) {
  const MutexLock lock(mutex_);
  failures_.push_back(std::move(error));
}

std::shared_ptr<MemoryAgentCaSigner> MemoryAgentCaKeys::Provision(const std::string& uri) {
  const MutexLock lock(mutex_);
  auto& key = keys_[uri];
  if (key == nullptr) key = std::make_shared<MemoryAgentCaSigner>();
  return key;
}

void MemoryAgentCaKeys::Alias(const std::string& uri, const std::string& of) {
  const MutexLock lock(mutex_);
  keys_[uri] = keys_.at(of);
}

Result<std::shared_ptr<AgentCaSigner>> MemoryAgentCaKeys::Find(const std::string& uri) {
  const MutexLock lock(mutex_);
  const auto found = keys_.find(uri);
  if (found == keys_.end()) return Error(Reason::kHsmKeyMissing, "there is no key " + uri);
  return std::shared_ptr<AgentCaSigner>(found->second);
}

}  // namespace certbroker
