// acme/origin_gate.h: which servers may be called on the word of a CA.
//
// A CA hands out nearly every URL of the protocol. One that points elsewhere (a metadata service,
// another CA, a host inside our network) would turn the broker into somebody's errand boy with an
// HSM (T22, RFC 8555 §10.4). So scheme, host and port must be those of the configured directory or
// of an origin that the operator listed beside it.
#pragma once

#include <string>
#include <vector>

#include "core/https_url.h"
#include "core/result.h"

namespace certbroker::acme {

// Immutable; thread-safe.
class OriginGate {
 public:
  // Of every URL only its origin counts.
  explicit OriginGate(const HttpsUrl& directory, const std::vector<HttpsUrl>& extra = {});

  // kCaBadAnswer, naming the URL and what is allowed.
  Result<void> Check(const HttpsUrl& url) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace certbroker::acme
