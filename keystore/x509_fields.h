// keystore/x509_fields.h: the fields of the certificates that keystore/ makes, one function each.
// For keystore/agent_certificate.cc only.
#pragma once

#include <initializer_list>
#include <string_view>

#include <openssl/x509.h>

#include "core/bytes.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::keystore {

// `number`: big-endian, positive. RFC 5280 §4.1.2.2: at most 20 octets.
void SetSerial(X509& certificate, ByteView number);
// Both cut to seconds. kInvalidArgument: it would never be valid, or X.509 cannot say these years
// (RFC 5280 §4.1.2.5).
Result<void> SetValidity(X509& certificate, Time not_before, Time not_after);
// Adds an attribute; `ascii` is cut to the 64 characters of RFC 5280 §A.1.
void AddToName(X509_NAME& name, int attribute, std::string_view ascii);

// RFC 5280 §4.2.1.9; with CA:TRUE also pathLenConstraint 0. Critical.
void AddBasicConstraints(X509& certificate, bool ca);
enum class KeyUsageBit { kDigitalSignature = 0, kKeyCertSign = 5, kCrlSign = 6 };  // §4.2.1.3
void AddKeyUsage(X509& certificate, std::initializer_list<KeyUsageBit> bits);      // critical
void AddClientAuth(X509& certificate);                                             // §4.2.1.12
void AddUriName(X509& certificate, std::string_view uri);                          // §4.2.1.6
// §4.2.1.2, the identifier as RFC 7093 §2 makes it: the first 20 octets of the key's SHA-256. The
// certificate has its key already.
void AddSubjectKeyId(X509& certificate);
void AddAuthorityKeyId(X509& certificate, const ASN1_OCTET_STRING& issuers);  // §4.2.1.1

}  // namespace certbroker::keystore
