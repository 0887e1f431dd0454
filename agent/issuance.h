// agent/issuance.h: from a wish to an installed certificate: what `issue` and `renew` do.
//
//   folder locked, old request found or key made ─▶ request on disk ─▶ session open ─▶ service
//   asked ─▶ order watched, challenges served ─▶ certificate fetched, checked, installed ─▶ request
//   removed
//
// Killed at any of these arrows, the next run goes on with the same request. One that wishes for
// something else cancels the order first, or installs its certificate when that is too late.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/certificate_folder.h"
#include "agent/challenge_session.h"
#include "agent/delivered_chain.h"
#include "agent/pending_request.h"
#include "agent/progress.h"
#include "agent/service_link.h"
#include "agent/solver_choice.h"

namespace certbroker::agent {

struct IssuanceOptions {
  Wish wish;
  std::string certificate;  // "certificates/{certificate}" to renew; empty: a new one
  ChallengeOptions challenge;
  std::filesystem::path out;
  std::filesystem::path roots;  // empty: none given
  std::chrono::seconds timeout{3600};
};

struct IssuanceOutcome {
  v1::Order order;
  v1::Certificate certificate;
  DeliveredChain chain;
};

// Used once, from one thread.
class Issuance {
 public:
  Issuance(const ServiceLink& service, Progress& progress, IssuanceOptions options)
      : service_(service), progress_(progress), options_(std::move(options)) {}

  // Errors before the service is asked: kFileUnusable, kInvalidArgument, kConfigInvalid (roots).
  // Then: what the service says; why the order failed; kCertificateRefused (nothing is installed);
  // kDeadlineExceeded and kCancelled (the order goes on, and the next run picks it up).
  Result<IssuanceOutcome> Run();
  // After Run: the service wants this host to replace its identity.
  bool replacement_asked() const { return replacement_asked_; }

 private:
  Result<PendingRequest> FindOrMake(CertificateFolder& folder);
  // Ends an earlier run's request that is not wanted any more. Its certificate is installed when it
  // is too late to cancel it: no key is deleted for which one may be issued.
  Result<void> GiveUp(PendingRequest request, CertificateFolder& folder) const;
  Result<PendingRequest> Make(const PendingRequests& pending) const;
  // Sets the request's order.
  Result<void> Place(PendingRequest& request, const PendingRequests& pending) const;
  Result<v1::Order> PlaceAndWatch(PendingRequest& request, const PendingRequests& pending);
  Result<v1::Order> WatchOrder(const std::string& name) const;
  Result<IssuanceOutcome> Fetch(const v1::Order& order, const PendingRequest& request) const;
  Result<void> Install(const IssuanceOutcome& outcome, const PendingRequest& request,
                       CertificateFolder& folder) const;
  // The order in its final state.
  Result<v1::Order> Obtain(PendingRequest& request, const PendingRequests& pending);
  // `error`, and how to go on when the order does so by itself.
  Error Unfinished(const Error& error, const PendingRequest& request) const;

  std::string HowToGoOn() const;

  const ServiceLink& service_;
  Progress& progress_;
  const IssuanceOptions options_;
  std::optional<pki::TrustAnchors> roots_;
  SteadyTime deadline_;
  bool resumed_ = false;  // the request is an earlier run's
  std::atomic<bool> replacement_asked_ = false;
};

}  // namespace certbroker::agent
