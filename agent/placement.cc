#include "agent/placement.h"

namespace certbroker::agent {
namespace {

using CertificateStub = v1::CertificateService::StubInterface;

v1::IssueCertificateRequest ToIssue(const PendingRequest& request) {
  v1::IssueCertificateRequest issue;
  issue.set_request_id(request.request_id);
  issue.set_csr_der(std::string(AsText(request.csr_der)));
  for (const Identifier& name : request.wish.names) issue.add_identifiers(name.ToString());
  issue.set_issuer(request.wish.issuer);
  for (const std::string& issuer : request.wish.fallback_issuers)
    issue.add_fallback_issuers(issuer);
  issue.set_profile(request.wish.profile);
  issue.set_profile_preferred(request.wish.profile_preferred);
  for (const std::string& type : request.wish.challenge_types) issue.add_challenge_types(type);
  return issue;
}

v1::RenewCertificateRequest ToRenew(const PendingRequest& request) {
  v1::RenewCertificateRequest renew;
  renew.set_request_id(request.request_id);
  renew.set_name(request.certificate);
  renew.set_csr_der(std::string(AsText(request.csr_der)));
  renew.set_profile_preferred(request.wish.profile_preferred);
  for (const std::string& type : request.wish.challenge_types) renew.add_challenge_types(type);
  return renew;
}

}  // namespace

Result<v1::Order> PlaceOrder(const ServiceLink& service, const PendingRequest& request) {
  if (request.certificate.empty()) {
    return service.calls().Unary(service.certificates(), &CertificateStub::IssueCertificate,
                                 ToIssue(request));
  }
  return service.calls().Unary(service.certificates(), &CertificateStub::RenewCertificate,
                               ToRenew(request));
}

bool WasRefused(const Error& error) {
  switch (error.category()) {
    case ErrorCategory::kInvalidArgument:
    case ErrorCategory::kPermissionDenied:
    case ErrorCategory::kNotFound:
    case ErrorCategory::kAlreadyExists:
    case ErrorCategory::kFailedPrecondition:
      return true;
    case ErrorCategory::kUnauthenticated:
    case ErrorCategory::kAborted:
    case ErrorCategory::kResourceExhausted:
    case ErrorCategory::kUnavailable:
    case ErrorCategory::kDeadlineExceeded:
    case ErrorCategory::kCancelled:
    case ErrorCategory::kInternal:
      return false;
  }
  return false;
}

}  // namespace certbroker::agent
