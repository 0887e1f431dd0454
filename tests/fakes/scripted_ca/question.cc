#include "tests/fakes/scripted_ca/question.h"

#include <openssl/evp.h>

#include "core/check.h"

namespace certbroker::scripted_ca {

Bytes Sha256Of(std::string_view text) {
  constexpr std::size_t kOctets = 32;
  Bytes digest(kOctets);
  CERTBROKER_CHECK(
      EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

Bytes DigestOf(const Question& question) { return Sha256Of(question.key_authorization); }

}  // namespace certbroker::scripted_ca
