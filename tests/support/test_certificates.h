// tests/support/test_certificates.h: a CA and certificates of servers on 127.0.0.1 and of clients,
// made afresh in memory.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace certbroker {

struct TestCertificate {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;

  std::string ToPem() const;
  std::string KeyToPem() const;
};

TestCertificate MakeTestCa();

struct LeafOptions {
  std::string subject_alt_name = "IP:127.0.0.1,DNS:localhost";  // empty: none
  std::string extended_key_usage = {};  // openssl's words; empty: no extension
  bool expired = false;
};
// Signed by `issuer`; by itself when that is nullptr.
TestCertificate MakeTestLeaf(const TestCertificate* issuer, const LeafOptions& options = {});

}  // namespace certbroker
