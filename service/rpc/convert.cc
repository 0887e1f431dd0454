#include "service/rpc/convert.h"

#include "core/account_name.h"
#include "core/check.h"
#include "service/rpc/resource_names.h"
#include "service/rpc/status.h"

namespace certbroker::rpc {
namespace {

v1::OrderState ToProto(OrderState state) {
  switch (state) {
    case OrderState::kQueued:
      return v1::ORDER_STATE_QUEUED;
    case OrderState::kPlaced:
      return v1::ORDER_STATE_PLACED;
    case OrderState::kPresenting:
      return v1::ORDER_STATE_PRESENTING;
    case OrderState::kPropagating:
      return v1::ORDER_STATE_PROPAGATING;
    case OrderState::kValidating:
      return v1::ORDER_STATE_VALIDATING;
    case OrderState::kReady:
      return v1::ORDER_STATE_READY;
    case OrderState::kFinalizing:
      return v1::ORDER_STATE_FINALIZING;
    case OrderState::kDownloading:
      return v1::ORDER_STATE_DOWNLOADING;
    case OrderState::kIssued:
      return v1::ORDER_STATE_ISSUED;
    case OrderState::kFailed:
      return v1::ORDER_STATE_FAILED;
    case OrderState::kCancelled:
      return v1::ORDER_STATE_CANCELLED;
  }
  CERTBROKER_CHECK(false);
}

void AddAuthorization(const Authorization& authorization, v1::Order& out) {
  if (!authorization.name) return;  // not read yet: nothing to tell
  auto* one = out.add_authorizations();
  one->set_identifier(authorization.name->ToString());
  one->set_wildcard(authorization.wildcard);
  one->set_state(std::string(ToString(authorization.status)));
  if (!authorization.challenge_url.empty()) {
    one->set_challenge_type(std::string(ToString(authorization.challenge_type)));
    one->set_solver(authorization.solver);
  }
  one->set_presentation(std::string(ToString(authorization.presentation)));
}

void AddNames(const std::vector<Identifier>& names,
              google::protobuf::RepeatedPtrField<std::string>* out) {
  for (const Identifier& name : names) out->Add(std::string(name.ToString()));
}

v1::Revocation::State ToProto(RevocationState state) {
  switch (state) {
    case RevocationState::kRequested:
      return v1::Revocation::REVOKE_REQUESTED;
    case RevocationState::kRevoked:
      return v1::Revocation::REVOKED;
    case RevocationState::kFailed:
      return v1::Revocation::REVOKE_FAILED;
  }
  CERTBROKER_CHECK(false);
}

v1::RenewalPlan ToProto(const RenewalPlan& plan) {
  v1::RenewalPlan out;
  out.set_source(plan.source == WindowSource::kCa ? v1::RenewalPlan::CA
                                                  : v1::RenewalPlan::LIFETIME);
  SetTime(plan.window.start, out.mutable_window_start_time());
  SetTime(plan.window.end, out.mutable_window_end_time());
  SetTime(plan.chosen, out.mutable_renew_time());
  if (plan.next_poll) SetTime(*plan.next_poll, out.mutable_next_poll_time());
  out.set_explanation_url(plan.explanation_url);
  return out;
}

v1::CertificateVersion ToProto(const CertificateVersion& version, Chains chains) {
  v1::CertificateVersion out;
  out.set_serial(version.serial);
  out.set_subject(version.subject);
  out.set_issuer_name(version.issuer_name);
  AddNames(version.names, out.mutable_identifiers());
  SetTime(version.not_before, out.mutable_not_before_time());
  SetTime(version.not_after, out.mutable_not_after_time());
  out.set_sha256(std::string(AsText(version.sha256)));
  out.set_spki_sha256(std::string(AsText(version.spki_sha256)));
  if (chains == Chains::kInclude) out.set_chain_pem(version.chain_pem);
  out.set_order(OrderName(version.order));
  if (version.renewal) *out.mutable_renewal() = ToProto(*version.renewal);
  if (version.revocation) {
    auto* revocation = out.mutable_revocation();
    revocation->set_state(ToProto(version.revocation->state));
    revocation->set_reason_code(static_cast<int>(version.revocation->reason));
    revocation->set_requested_by(version.revocation->requested_by.ToString());
    SetTime(version.revocation->request_time, revocation->mutable_request_time());
    if (version.revocation->revoke_time) {
      SetTime(*version.revocation->revoke_time, revocation->mutable_revoke_time());
    }
    if (version.revocation->failure) {
      *revocation->mutable_error() = rpc::ToProto(*version.revocation->failure);
    }
  }
  return out;
}

v1::Certificate::State StateOf(const ManagedCertificate& certificate, Time now) {
  const CertificateVersion* current = certificate.current();
  if (current == nullptr) {
    const OrderState order = certificate.latest_order_state;
    const bool ended = order == OrderState::kFailed || order == OrderState::kCancelled;
    return ended ? v1::Certificate::FAILED : v1::Certificate::PENDING;
  }
  if (current->revocation && current->revocation->state == RevocationState::kRevoked) {
    return v1::Certificate::REVOKED;
  }
  return current->not_after < now ? v1::Certificate::EXPIRED : v1::Certificate::ACTIVE;
}

v1::Account::State ToProto(AccountState state) {
  switch (state) {
    case AccountState::kPending:
      return v1::Account::PENDING;
    case AccountState::kValid:
      return v1::Account::VALID;
    case AccountState::kFailed:
      return v1::Account::FAILED;
    case AccountState::kDeactivated:
      return v1::Account::DEACTIVATED;
  }
  CERTBROKER_CHECK(false);
}

v1::Account::Change ToProto(AccountChange change) {
  switch (change) {
    case AccountChange::kNone:
      return v1::Account::CHANGE_UNSPECIFIED;
    case AccountChange::kContacts:
      return v1::Account::CONTACTS;
    case AccountChange::kDeactivation:
      return v1::Account::DEACTIVATION;
    case AccountChange::kKey:
      return v1::Account::KEY;
  }
  CERTBROKER_CHECK(false);
}

}  // namespace

void SetTime(Time time, google::protobuf::Timestamp* out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out->set_seconds(seconds.time_since_epoch().count());
  out->set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count()));
}

v1::Order ToProto(const Order& order, const std::vector<OrderEvent>& events) {
  v1::Order out;
  out.set_name(OrderName(order.id));
  out.set_certificate(CertificateName(order.certificate));
  out.set_agent(order.agent.ToString());
  out.set_request_id(order.request_id.ToString());
  AddNames(order.names, out.mutable_identifiers());
  out.set_issuer(IssuerName(order.issuer));
  out.set_account(order.account.ToString());
  out.set_profile(order.profile);
  out.set_renewal(order.kind == OrderKind::kRenew);
  out.set_state(ToProto(order.state));
  if (order.held_by != HeldBy::kNothing) {
    out.set_held_by(std::string(ToString(order.held_by)));
    if (order.next_attempt_time) {
      SetTime(*order.next_attempt_time, out.mutable_next_attempt_time());
    }
  }
  if (order.failure) *out.mutable_error() = rpc::ToProto(*order.failure);
  out.set_acme_order_url(order.order_url.ToString());
  out.set_policy_rule(order.policy_rule);
  out.set_attempt(order.attempt);
  out.set_replaces(order.replaces);
  for (const AccountName& fallback : order.fallbacks) {
    if (const auto parts = PartsOf(fallback)) out.add_fallback_issuers(IssuerName(parts->issuer));
  }
  for (const Authorization& authorization : order.authorizations) {
    AddAuthorization(authorization, out);
  }
  for (const OrderEvent& event : events) {
    auto* one = out.add_events();
    SetTime(event.time, one->mutable_time());
    one->set_state(ToProto(event.state));
    one->set_message(event.message);
  }
  SetTime(order.create_time, out.mutable_create_time());
  if (order.end_time) SetTime(*order.end_time, out.mutable_end_time());
  return out;
}

v1::Certificate ToProto(const ManagedCertificate& certificate, Chains chains, Time now) {
  v1::Certificate out;
  out.set_name(CertificateName(certificate.id));
  out.set_agent(certificate.agent.ToString());
  out.set_issuer(IssuerName(certificate.issuer));
  for (const IssuerId& fallback : certificate.fallback_issuers)
    out.add_fallback_issuers(IssuerName(fallback));
  out.set_profile(certificate.profile);
  AddNames(certificate.names, out.mutable_identifiers());
  out.set_state(StateOf(certificate, now));
  for (std::size_t i = 0; i < certificate.versions.size(); ++i) {
    if (i == 0) {
      *out.mutable_current() = ToProto(certificate.versions[i], chains);
    } else {
      *out.add_previous() = ToProto(certificate.versions[i], Chains::kOmit);
    }
  }
  out.set_latest_order(OrderName(certificate.latest_order));
  SetTime(certificate.create_time, out.mutable_create_time());
  return out;
}

v1::AccountKey ToProto(const AccountKey& key) {
  v1::AccountKey out;
  out.set_key_uri(key.uri);
  out.set_algorithm(key.algorithm);
  out.set_thumbprint(key.thumbprint);
  out.set_label(key.label);
  return out;
}

v1::Account ToProto(const Account& account) {
  v1::Account out;
  out.set_name(account.name.ToString());
  out.set_key_uri(account.key_uri);
  for (const std::string& contact : account.contacts) out.add_contacts(contact);
  out.set_state(ToProto(account.state));
  out.set_pending_change(ToProto(account.change));
  out.set_account_url(account.account_url.ToString());
  out.set_algorithm(account.algorithm);
  out.set_thumbprint(account.thumbprint);
  if (account.failure) *out.mutable_error() = rpc::ToProto(*account.failure);
  SetTime(account.create_time, out.mutable_create_time());
  out.set_key_label(account.key_label);
  SetTime(account.key_since, out.mutable_key_since());
  if (account.wanted_key) *out.mutable_wanted_key() = ToProto(*account.wanted_key);
  for (const RetiredKey& retired : account.retired_keys) {
    v1::RetiredAccountKey& key = *out.add_retired_keys();
    *key.mutable_key() = ToProto(retired.key);
    SetTime(retired.since, key.mutable_since());
    SetTime(retired.retire_time, key.mutable_retire_time());
    SetTime(retired.destroy_time, key.mutable_destroy_time());
  }
  return out;
}

v1::KeyUse ToProto(const RecordedKeyUse& record) {
  v1::KeyUse out;
  out.set_number(record.number);
  SetTime(record.create_time, out.mutable_create_time());
  out.set_replica(record.replica);
  out.set_purpose(std::string(ToString(record.use.purpose)));
  out.set_url(record.use.url);
  out.set_account_url(record.use.account_url);
  out.set_key_uri(record.use.key_uri);
  out.set_thumbprint(record.use.thumbprint);
  out.set_subject(record.use.subject);
  out.set_agent(record.use.agent);
  out.set_request_id(record.use.request_id);
  out.set_input_sha256(std::string(AsText(record.use.input_sha256)));
  out.set_previous_sha256(std::string(AsText(record.previous_sha256)));
  out.set_sha256(std::string(AsText(record.sha256)));
  return out;
}

v1::Checkpoint ToProto(const SignedCheckpoint& checkpoint) {
  v1::Checkpoint out;
  out.set_number(checkpoint.checkpoint.number);
  out.set_sha256(std::string(AsText(checkpoint.checkpoint.sha256)));
  out.set_thumbprint(checkpoint.thumbprint);
  out.set_jws(checkpoint.jws);
  SetTime(checkpoint.checkpoint.create_time, out.mutable_create_time());
  return out;
}

}  // namespace certbroker::rpc
