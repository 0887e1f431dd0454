// core/certificate.h: managed certificates, their versions, and revocations, as values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/error.h"
#include "core/https_url.h"
#include "core/identifier.h"
#include "core/ids.h"
#include "core/order_state.h"
#include "core/renewal.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker {

enum class RevocationState { kRequested, kRevoked, kFailed };
std::string_view ToString(RevocationState state);  // REVOKE_REQUESTED, REVOKED, REVOKE_FAILED
std::optional<RevocationState> RevocationStateFromName(std::string_view name);

// RFC 5280 §5.3.1, the reasons that a subscriber may give to a public CA.
enum class RevocationReason : int {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
};
std::optional<RevocationReason> RevocationReasonFromCode(int code);
std::string_view ToString(RevocationReason reason);  // "keyCompromise"

struct Revocation {
  RevocationId id;
  RevocationState state = RevocationState::kRequested;
  RevocationReason reason = RevocationReason::kUnspecified;
  CallerId requested_by;
  Time request_time;
  std::optional<Time> revoke_time;  // when the CA confirmed
  std::optional<Error> failure;     // kFailed: why. Otherwise the last transient failure.
};

// What to answer to a second wish to revoke. Success: what is on record says it. A compromised key
// is more than any other reason, and a CA that has published one keeps it for a request signed by
// the account (RFC 8555 §7.6; Let's Encrypt takes a second one only from the certificate's own
// key): kCaAlreadyRevoked, so that nobody believes that it was published.
Result<void> AnswersRevocation(const Revocation& on_record, RevocationReason asked);

// One certificate as a CA issued it.
struct CertificateVersion {
  OrderId order;
  AccountName account;
  std::string serial;  // lower-case hex, as in the certificate
  // RFC 9773 §4.1: what the CA knows it by; empty: it names no authority key.
  std::string renewal_id;
  std::string subject;
  std::string issuer_name;  // of the X.509 issuer
  std::vector<Identifier> names;
  Time not_before;
  Time not_after;
  Bytes sha256;           // of the leaf's DER
  Bytes spki_sha256;      // of its key
  std::string chain_pem;  // leaf first
  std::optional<Revocation> revocation;
  std::optional<RenewalPlan> renewal;  // nothing: replaced or revoked
};

// A name under which an agent's successive certificates live.
struct ManagedCertificate {
  CertificateId id;
  AgentId agent;
  IssuerId issuer;                         // that was asked for first
  std::vector<IssuerId> fallback_issuers;  // tried in this order where it cannot or will not
  std::string profile;
  std::vector<Identifier> names;
  Time create_time;
  std::vector<CertificateVersion> versions;  // newest first
  OrderId latest_order;
  OrderState latest_order_state = OrderState::kQueued;

  const CertificateVersion* current() const {
    return versions.empty() ? nullptr : &versions.front();
  }
};

}  // namespace certbroker
