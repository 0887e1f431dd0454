// tests/support/tiny_ca_signing.h: the X.509 half of TinyCa: a root with fixed dates, and leaves
// for CSRs.
#pragma once

#include <memory>
#include <string>

#include "core/bytes.h"

struct evp_pkey_st;
struct x509_st;

namespace certbroker {

class TinyRoot {
 public:
  TinyRoot();

  // PEM, as a trust anchor.
  const std::string& pem() const { return pem_; }
  // A leaf for the CSR's key and names, valid from 2026-11-21T07:00Z for 90 days. Empty when the
  // CSR cannot be read.
  std::string Sign(ByteView csr_der, long serial) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string pem_;
};

}  // namespace certbroker
