#include "pki/csr_form.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pki/csr.h"
#include "pki/der.h"
#include "pki/public_key.h"

namespace certbroker::pki {
namespace {

Error NotPkcs10() {
  return CsrInvalid("is not a PKCS #10 certification request (RFC 2986); make it anew");
}

// The fields that are judged by their octets.
struct CsrFields {
  ByteView version;  // content of the INTEGER
  ByteView spki;
  ByteView signature_algorithm;
};

// CertificationRequest ::= SEQUENCE { SEQUENCE { version, subject, subjectPKInfo, attributes },
//                                     signatureAlgorithm, signature }
std::optional<CsrFields> CutRequest(ByteView der) {
  const auto request = DerReader(der).Next(der_tag::kSequence);
  if (!request) return std::nullopt;
  DerReader outer(request->content);
  const auto info = outer.Next(der_tag::kSequence);
  const auto algorithm = outer.Next(der_tag::kSequence);
  if (!info || !algorithm || !outer.Next(der_tag::kBitString) || !outer.empty()) {
    return std::nullopt;
  }
  DerReader inner(info->content);
  const auto version = inner.Next(der_tag::kInteger);
  const auto subject = inner.Next(der_tag::kSequence);
  const auto spki = inner.Next(der_tag::kSequence);
  if (!version || !subject || !spki) return std::nullopt;
  return CsrFields{version->content, spki->whole, algorithm->whole};
}

Result<CsrFields> CheckForm(ByteView der) {
  if (der.size() > Csr::kMaxBytes) {
    return CsrInvalid(fmt::format("has {} octets; the limit is {}", der.size(), Csr::kMaxBytes));
  }
  if (der.empty()) return CsrInvalid("is empty");
  if (AsText(der).starts_with("-----BEGIN")) {
    return CsrInvalid("is in PEM; send it in DER (openssl req -outform DER)");
  }
  if (!IsStrictDer(der)) return CsrInvalid("is not in DER, or something stands behind it");
  const auto fields = CutRequest(der);
  if (!fields) return NotPkcs10();
  // RFC 2986 §4.1: "it shall be 0 for this version of the standard".
  if (fields->version.size() != 1 || fields->version[0] != 0) return NotPkcs10();
  return *fields;
}

// The whole AlgorithmIdentifier is compared, because OpenSSL does not look at the parameters of
// these algorithms. RFC 4055 §5: NULL for RSA; RFC 5758 §3.2: absent for ECDSA.
constexpr std::string_view kSignatureAlgorithms[] = {
    {"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00", 15},  // sha256WithRSA
    {"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C\x05\x00", 15},  // sha384WithRSA
    {"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D\x05\x00", 15},  // sha512WithRSA
    {"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02", 12},              // ecdsa-with-SHA256
    {"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03", 12},              // ecdsa-with-SHA384
    {"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x04", 12},              // ecdsa-with-SHA512
};

// Proof of possession (RFC 8555 §11.1): without it, somebody could have a stranger's key certified.
Result<X509ReqPtr> DecodeAndVerify(ByteView der, const CsrFields& fields) {
  if (std::ranges::find(kSignatureAlgorithms, AsText(fields.signature_algorithm)) ==
      std::ranges::end(kSignatureAlgorithms)) {
    return CsrInvalid(
        "is signed with an algorithm that CAs refuse; sign it with SHA-256, SHA-384 or SHA-512, "
        "by ECDSA or RSA PKCS #1 v1.5");
  }
  const unsigned char* at = der.data();
  X509ReqPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || at != der.data() + der.size()) return NotPkcs10();
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) return CsrInvalid("holds a public key that is no point on its curve");
  if (X509_REQ_verify(request.get(), key) != 1) {
    return CsrInvalid("is not signed by the key that it holds; make it anew with the private key");
  }
  return request;
}

}  // namespace

Error CsrInvalid(std::string_view why) {
  return Error(Reason::kCsrInvalid, fmt::format("the CSR {}", why));
}

Result<SignedRequest> ReadSignedRequest(ByteView der) {
  ASSIGN_OR_RETURN(const CsrFields fields, CheckForm(der));
  // Before anything computes with the key.
  ASSIGN_OR_RETURN(const KeyType key_type, CheckPublicKey(fields.spki));
  ASSIGN_OR_RETURN(X509ReqPtr request, DecodeAndVerify(der, fields));
  return SignedRequest{fields.spki, key_type, std::move(request)};
}

}  // namespace certbroker::pki
