// agent/alpn_answers.h: what the agent has to show to a CA that validates by tls-alpn-01 (RFC 8737
// §3), by the server name that the CA asks for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/challenge.h"
#include "core/mutex.h"
#include "core/time.h"
#include "pki/alpn_certificate.h"

namespace certbroker::agent {

// Its key exists in memory only, and goes with it.
struct AlpnAnswer {
  Challenge challenge;
  std::string server_name;  // pki::AlpnServerName
  pki::AlpnCertificate certificate;
};

// Thread-safe.
class AlpnAnswers {
 public:
  // Makes key and certificate, as of `now`; one that is there already stays as it is.
  // kInvalidArgument: CheckForm. kNameInvalid: the identifier is none. kChallengeUnsupported: it is
  // a wildcard. kInternal: no key could be made.
  Result<void> Put(const Challenge& challenge, Time now) EXCLUDES(mutex_);
  void Remove(std::string_view token) EXCLUDES(mutex_);
  std::size_t size() const EXCLUDES(mutex_);

  // For the server name of a ClientHello, in any case; nullptr: there is none. Of several, which
  // orders of killed runs can leave, the newest: that is the one that somebody waits for.
  std::shared_ptr<const AlpnAnswer> Find(std::string_view server_name) const EXCLUDES(mutex_);

 private:
  bool Has(const Challenge& challenge) const EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const AlpnAnswer>> answers_ GUARDED_BY(mutex_);  // the newest last
};

}  // namespace certbroker::agent
