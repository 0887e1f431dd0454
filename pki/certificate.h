// pki/certificate.h: an X.509 certificate (RFC 5280), read once and kept as a value.
//
// Reading does not judge: expired, self-signed and odd certificates have values too. VerifyIssued
// (pki/chain_verifier.h) judges what a CA delivers, service/policy who a peer is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::pki {

// Copies share what was read; immutable, so any thread may use any copy.
class Certificate {
 public:
  // `der`: exactly one certificate, nothing behind it. kInvalidArgument if it cannot be read: the
  // caller knows whether a CA, a peer or a file is to blame, and maps it.
  static Result<Certificate> Parse(ByteView der);

  const Bytes& der() const { return fields_->der; }
  std::string ToPem() const;  // 64 columns, ends with a newline (RFC 7468 §2)

  const Bytes& sha256() const { return fields_->sha256; }            // of the DER
  const Bytes& spki_sha256() const { return fields_->spki_sha256; }  // of its public key
  // Lower-case hex of the INTEGER's content octets, with the 00 that may stand in front: RFC 9773
  // §4.1 builds the certificate's identifier from exactly these.
  const std::string& serial() const { return fields_->serial; }

  // The keyIdentifier of authorityKeyIdentifier, from the DER (RFC 5280 §4.2.1.1); empty without
  // one.
  const Bytes& authority_key_id() const { return fields_->authority_key_id; }

  // RFC 2253 text, printable. For people; never compare them.
  const std::string& subject() const { return fields_->subject; }
  const std::string& issuer() const { return fields_->issuer; }
  const std::vector<std::string>& common_names() const { return fields_->common_names; }

  Time not_before() const { return fields_->not_before; }
  Time not_after() const { return fields_->not_after; }

  // subjectAltName, in the certificate's order. DNS and URI names are the octets that stand there:
  // neither decoded nor normalised nor made printable; a NUL may be among them.
  const std::vector<std::string>& dns_names() const { return fields_->dns_names; }
  const std::vector<std::string>& uri_names() const { return fields_->uri_names; }
  // Addresses of 4 or 16 octets, in the text of RFC 8738 §3, whatever they are the addresses of.
  const std::vector<std::string>& ip_names() const { return fields_->ip_names; }
  // Names of every other type, printable: "email:root@example.com".
  const std::vector<std::string>& other_names() const { return fields_->other_names; }

  bool is_ca() const { return fields_->is_ca; }  // basicConstraints CA:TRUE
  // extendedKeyUsage. Without the extension all three are false; anyExtendedKeyUsage does not make
  // the latter two true.
  bool has_eku() const { return fields_->has_eku; }
  bool has_eku_server_auth() const { return fields_->has_eku_server_auth; }
  bool has_eku_client_auth() const { return fields_->has_eku_client_auth; }

  friend bool operator==(const Certificate& a, const Certificate& b) { return a.der() == b.der(); }

 private:
  struct Fields {
    Bytes der;
    Bytes sha256;
    Bytes spki_sha256;
    std::string serial;
    Bytes authority_key_id;
    std::string subject;
    std::string issuer;
    std::vector<std::string> common_names;
    Time not_before;
    Time not_after;
    std::vector<std::string> dns_names;
    std::vector<std::string> uri_names;
    std::vector<std::string> ip_names;
    std::vector<std::string> other_names;
    bool is_ca = false;
    bool has_eku = false;
    bool has_eku_server_auth = false;
    bool has_eku_client_auth = false;
  };
  friend class CertificateReader;
  explicit Certificate(Fields fields)
      : fields_(std::make_shared<const Fields>(std::move(fields))) {}

  std::shared_ptr<const Fields> fields_;
};

}  // namespace certbroker::pki
