// pki/csr.h: a certificate signing request (PKCS #10, RFC 2986) that is safe to show to a CA.
//
// A Csr exists only if everything that can be checked without policy has been: who holds one knows
// that the sender has the key, that the key is fit, and that the CSR asks for these names and for
// nothing else. Immutable value; any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"
#include "pki/key_type.h"

namespace certbroker::pki {

class Csr {
 public:
  static constexpr std::size_t kMaxBytes = 16384;  // 100 long names and an RSA-4096 key fit

  // `der`: PKCS #10 in DER (RFC 8555 §7.4 sends the same octets), at most 16 KiB. Checked in this
  // order, cheap before dear: size · strict DER, nothing behind · the key (see CheckPublicKey) ·
  // the self-signature with SHA-256, -384 or -512, RSA PKCS #1 v1.5 or ECDSA · attributes,
  // extensions and names (see pki/csr_extensions.h) · the subject.
  //
  // kCsrInvalid, kKeyTypeNotAllowed, kNameInvalid.
  static Result<Csr> Parse(ByteView der);

  const std::vector<Identifier>& names() const { return names_; }  // sorted, each once
  KeyType key_type() const { return key_type_; }
  const Bytes& spki_der() const { return spki_der_; }        // SubjectPublicKeyInfo
  const Bytes& spki_sha256() const { return spki_sha256_; }  // the identity of the key
  const Bytes& der() const { return der_; }                  // as it was given

 private:
  Csr() = default;

  Bytes der_;
  Bytes spki_der_;
  Bytes spki_sha256_;
  KeyType key_type_ = KeyType::kEcP256;
  std::vector<Identifier> names_;
};

// Whether the CSR asks for exactly the names of the request (in any order). kCsrNameMismatch, with
// a Violation for each name that is missing from the CSR or too much in it: nothing here guesses
// which of the two was meant.
Result<void> CheckNamesMatch(const Csr& csr, const std::vector<Identifier>& requested);

}  // namespace certbroker::pki
