// tests/fakes/scripted_ca/issued_chain.h: what a test asks about a downloaded chain.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "core/time.h"

namespace certbroker::scripted_ca {

using X509List = std::vector<std::shared_ptr<X509>>;

X509List ReadPem(const std::string& pem);
// What OpenSSL says of the chain (leaf first) under that root at that time: X509_V_OK or why not.
int Verify(const std::string& chain_pem, const std::string& root_pem, Time at);
std::vector<std::string> DnsNamesOf(const X509& certificate);

}  // namespace certbroker::scripted_ca
