// bench/certificate_request.h: what the measured agent asks for: a key of its own and one name of
// its own per certificate, made before the clock runs.
#pragma once

#include <string>
#include <vector>

#include "agent/host_key.h"
#include "core/identifier.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::bench {

struct CertificateRequest {
  Identifier name;
  Bytes csr_der;
  Bytes spki_sha256;
};

// "r5f3c2a-17.bench.test": below what the development policy grants to its first agent, and never
// the same in two runs. P-256. kInternal.
Result<std::vector<CertificateRequest>> MakeRequests(int count, Random& random);

}  // namespace certbroker::bench
