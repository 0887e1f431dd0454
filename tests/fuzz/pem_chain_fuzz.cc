// Certificate chains as a CA sends them (RFC 8555 §9.1). Input: PEM.
#include <algorithm>

#include "core/check.h"
#include "pki/pem_chain.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kShortDetail = 512;  // it quotes at most 60 characters of the input

void CheckCertificate(const pki::Certificate& certificate) {
  CheckPrintable(certificate.subject());
  CheckPrintable(certificate.issuer());
  for (const std::string& name : certificate.other_names()) CheckPrintable(name);
  const auto again = pki::Certificate::Parse(certificate.der());
  CERTBROKER_CHECK(again && *again == certificate && again->serial() == certificate.serial());
}

}  // namespace

bool Try(std::string_view input) {
  const auto chain = pki::ParsePemChain(input);
  if (!chain) {
    CheckError(chain.error(), kShortDetail);
    return false;
  }
  CERTBROKER_CHECK(!chain->empty() && chain->size() <= pki::kMaxChainLength);
  for (const pki::Certificate& certificate : *chain) {
    CheckCertificate(certificate);
    CERTBROKER_CHECK(std::count(chain->begin(), chain->end(), certificate) == 1);
  }
  const std::string pem = ToPem(*chain);
  const auto again = pki::ParsePemChain(pem);
  CERTBROKER_CHECK(again && *again == *chain && ToPem(*again) == pem);
  return true;
}

}  // namespace certbroker::fuzz
