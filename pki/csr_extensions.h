// pki/csr_extensions.h: what a CSR asks for besides a key: names, and very little else.
// For pki/csr.cc only.
#pragma once

#include <cstddef>
#include <vector>

#include <openssl/x509.h>

#include "core/identifier.h"
#include "core/result.h"

namespace certbroker::pki {

inline constexpr std::size_t kMaxNames = 100;  // per certificate; Let's Encrypt's limit

// The names of the CSR's subjectAltName, sorted, each once.
//
// Public CAs ignore most of what a CSR asks for, or fail at finalize, after all proofs. So what
// they would not put into the certificate is refused here, by an allow-list:
// - attributes: extensionRequest (RFC 2985 §5.4.2) alone;
// - subjectAltName: 1 to 100 DNS names and IP addresses, no other type, none with a trailing dot;
// - keyUsage without keyCertSign, cRLSign, encipherOnly, decipherOnly;
// - extendedKeyUsage serverAuth alone: public CAs no longer give clientAuth, and a host that asks
//   for it would find out only when its client connections fail;
// - basicConstraints CA:FALSE; subjectKeyIdentifier. Each at most once.
//
// kCsrInvalid; kNameInvalid with a Violation for each name that cannot be.
Result<std::vector<Identifier>> RequestedNames(const X509_REQ& request);

// The subject may be empty, or one commonName of at most 64 characters that is one of `names`
// (RFC 5280 §A.1 ub-common-name; Baseline Requirements §7.1.4.3). kCsrInvalid.
Result<void> CheckSubject(const X509_REQ& request, const std::vector<Identifier>& names);

}  // namespace certbroker::pki
