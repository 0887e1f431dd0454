// bench/issuing_agent.h: one agent that gets many certificates at once: one connection, one
// session, one web server for the CA to look at, and a thread per request under way.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "agent/challenge.h"
#include "agent/service_link.h"
#include "bench/certificate_request.h"
#include "core/result.h"
#include "pki/trust_anchors.h"

namespace certbroker::bench {

// From the request to the certificate in hand, checked as an agent checks it.
struct Issued {
  std::chrono::microseconds latency{};
};

// Thread-safe.
class IssuingAgent {
 public:
  IssuingAgent(const agent::ServiceLink& service, pki::TrustAnchors roots,
               std::chrono::seconds timeout)
      : service_(service), roots_(std::move(roots)), timeout_(timeout) {}

  // Blocks until the certificate is there. Errors: what the service says; why the order failed;
  // kDeadlineExceeded; kCertificateRefused.
  Result<Issued> Issue(const CertificateRequest& request) const;

  // All of them, `concurrency` at a time; `done` is called after each, from any thread. An element
  // per request, in their order.
  std::vector<Result<Issued>> IssueAll(
      const std::vector<CertificateRequest>& requests, int concurrency,
      const std::function<void(const Result<Issued>&)>& done) const;

 private:
  Result<v1::Order> WaitForEnd(const std::string& order) const;
  Result<void> Check(const v1::Order& order, const v1::Certificate& certificate,
                     const CertificateRequest& request) const;

  const agent::ServiceLink& service_;
  const pki::TrustAnchors roots_;
  const std::chrono::seconds timeout_;
};

}  // namespace certbroker::bench
