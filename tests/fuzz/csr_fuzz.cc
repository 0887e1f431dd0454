// Certificate signing requests of agents (PKCS #10, RFC 2986). Input: DER.
//
// Nothing that a fuzzer changes keeps its signature, so what can be decoded is signed again with a
// key of our own: otherwise no mutation would reach the extensions.
#include <algorithm>
#include <memory>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/check.h"
#include "pki/agent_csr.h"
#include "pki/csr.h"
#include "pki/csr_extensions.h"
#include "pki/digest.h"
#include "pki/requested_name.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

void CheckCsr(const pki::Csr& csr, ByteView der) {
  CERTBROKER_CHECK(std::ranges::equal(csr.der(), der) && der.size() <= pki::Csr::kMaxBytes);
  CERTBROKER_CHECK(csr.spki_sha256() == pki::Sha256(csr.spki_der()));
  CERTBROKER_CHECK(!csr.names().empty() && csr.names().size() <= pki::kMaxNames);
  CERTBROKER_CHECK(SortedUnique(csr.names()) == csr.names());
  CERTBROKER_CHECK(CheckNamesMatch(csr, csr.names()).has_value());
  for (const Identifier& name : csr.names()) {
    const auto again = pki::ParseRequestedName(name.ToString());
    CERTBROKER_CHECK(again && *again == name);
  }
  const auto fewer = CheckNamesMatch(csr, {});
  CERTBROKER_CHECK(!fewer && fewer.error().violations().size() == csr.names().size());
}

// Who reads a CSR for its key alone takes whatever Csr does, and sees the same key.
void CheckAgentCsr(ByteView der, const Result<pki::Csr>& csr) {
  const auto agent = pki::ParseAgentCsr(der);
  if (!agent) {
    CheckError(agent.error());
    CERTBROKER_CHECK(!csr);
    return;
  }
  CERTBROKER_CHECK(agent->spki_sha256 == pki::Sha256(agent->spki_der));
  CERTBROKER_CHECK(!csr || csr->spki_der() == agent->spki_der);
}

bool TryDer(ByteView der) {
  const auto csr = pki::Csr::Parse(der);
  CheckAgentCsr(der, csr);
  if (csr) {
    CheckCsr(*csr, der);
  } else {
    CheckError(csr.error());
  }
  return csr.has_value();
}

EVP_PKEY* OwnKey() {
  static const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
  CERTBROKER_CHECK(key != nullptr);
  return key.get();
}

// Empty when the input cannot be decoded.
Bytes SignedAgain(ByteView der) {
  const unsigned char* in = der.data();
  const RequestPtr request(d2i_X509_REQ(nullptr, &in, static_cast<long>(der.size())),
                           &X509_REQ_free);
  if (request == nullptr || X509_REQ_set_pubkey(request.get(), OwnKey()) != 1 ||
      X509_REQ_sign(request.get(), OwnKey(), EVP_sha256()) <= 0) {
    return {};
  }
  const int size = i2d_X509_REQ(request.get(), nullptr);
  if (size <= 0) return {};
  Bytes again(static_cast<std::size_t>(size));
  unsigned char* out = again.data();
  i2d_X509_REQ(request.get(), &out);
  return again;
}

}  // namespace

bool Try(std::string_view input) {
  const bool accepted = TryDer(AsBytes(input));
  const Bytes again = SignedAgain(AsBytes(input));
  const bool accepted_again = !again.empty() && TryDer(again);
  // Only the key may have been the trouble before.
  CERTBROKER_CHECK(!accepted || accepted_again);
  return accepted;
}

}  // namespace certbroker::fuzz
