// tests/support/approvals.h: Approvals for tests of what comes after policy. Everywhere else only
// policy makes one.
#pragma once

#include <string>
#include <vector>

#include "core/approval.h"

namespace certbroker {

struct TestApproval {
  std::string agent = "spiffe://example.org/agent/web-01";
  std::string issuer = "test-ca";
  std::vector<std::string> fallback_issuers = {};
  std::string profile = {};
  std::vector<std::string> names = {"www.example.org"};
  Bytes csr_der = {0x30, 0x03, 0x02, 0x01, 0x00};
  Bytes spki_sha256 = Bytes(32, 0xAB);
  std::string policy_version = "v1";
  std::string rule = "web";
};

// The names are normalised and sorted, as policy's are.
Approval MakeApproval(const TestApproval& approval = {});

}  // namespace certbroker
