#include "bench/certificate_request.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/bytes.h"

namespace certbroker::bench {

Result<std::vector<CertificateRequest>> MakeRequests(int count, Random& random) {
  std::array<std::uint8_t, 4> run{};
  random.Fill(run);
  std::vector<CertificateRequest> requests;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(Identifier name,
                     Identifier::Parse(fmt::format("r{}-{}.bench.test", Hex(run), i)));
    ASSIGN_OR_RETURN(const agent::HostKey key, agent::HostKey::Generate(pki::KeyType::kEcP256));
    ASSIGN_OR_RETURN(Bytes csr, key.MakeCsr({name}));
    requests.push_back({std::move(name), std::move(csr), key.spki_sha256()});
  }
  return requests;
}

}  // namespace certbroker::bench
