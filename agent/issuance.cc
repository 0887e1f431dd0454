#include "agent/issuance.h"

#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"
#include "agent/order_text.h"
#include "agent/watch.h"
#include "client/status.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSessionLimit{15'000};
constexpr milliseconds kTakeDownLimit{2'000};

std::vector<std::string> TextsOf(const std::vector<DomainName>& names) {
  std::vector<std::string> texts;
  for (const DomainName& name : names) texts.push_back(name.ToString());
  return texts;
}

// Whether the service has looked at the request and said no: then there is no order and will be
// none. Of everything else it cannot be known, so that the request must be kept.
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

Error WhyEnded(const v1::Order& order) {
  if (order.state() == v1::ORDER_STATE_CANCELLED) {
    return Error(Reason::kCancelled, order.name() + " was cancelled");
  }
  return client::FromProto(order.error()).While(order.name());
}

Result<std::optional<pki::TrustAnchors>> ReadRoots(const std::filesystem::path& path) {
  if (path.empty()) return std::optional<pki::TrustAnchors>();
  ASSIGN_OR_RETURN(const std::string pem, ReadGiven(path));
  auto roots = pki::TrustAnchors::Parse(pem);
  if (!roots) return std::move(roots).error().While(Printable(path.string()));
  return std::optional(*std::move(roots));
}

}  // namespace

Result<IssuanceOutcome> Issuance::Run() {
  deadline_ = service_.clock().Tick() + options_.timeout;
  ASSIGN_OR_RETURN(roots_, ReadRoots(options_.roots));
  ASSIGN_OR_RETURN(CertificateFolder folder, CertificateFolder::Open(options_.out));
  const PendingRequests pending = folder.pending();
  ChallengeReports reports;
  ASSIGN_OR_RETURN(
      const auto solver,
      MakeSolver(options_.challenge, [&](const Challenge& challenge, const std::string& address) {
        reports.Send(challenge, v1::ChallengeReport::HIT, address);
        progress_.Note(
            fmt::format("{}: the answer was fetched by {}", challenge.dns_name, address));
      }));
  ASSIGN_OR_RETURN(PendingRequest request, FindOrMake(pending));
  // Before the order, so that the service never has to wait for us.
  ChallengeSession session({.service = service_.sessions(),
                            .solver = *solver,
                            .reports = reports,
                            .clock = service_.clock(),
                            .random = service_.random(),
                            .note = [this](std::string_view text) { progress_.Note(text); }},
                           TextsOf(request.wish.names));
  RETURN_IF_ERROR(session.WaitUntilOpen(kSessionLimit, service_.stop()));
  auto order = Obtain(request, pending);
  if (!order) return Unfinished(order.error(), request);
  session.WaitUntilQuiet(kTakeDownLimit);
  if (order->state() != v1::ORDER_STATE_ISSUED) {
    RETURN_IF_ERROR(pending.Clear());
    return WhyEnded(*order);
  }
  auto outcome = Fetch(*order, request);
  if (!outcome) {
    // The second time in a row nobody has mended what is wrong: the next run begins anew.
    if (resumed_ && WasRefused(outcome.error())) RETURN_IF_ERROR(pending.Clear());
    return Unfinished(outcome.error(), request);
  }
  RETURN_IF_ERROR(Install(*outcome, request, folder));
  RETURN_IF_ERROR(pending.Clear());
  return outcome;
}

Result<PendingRequest> Issuance::FindOrMake(const PendingRequests& pending) {
  ASSIGN_OR_RETURN(std::optional<PendingRequest> found, pending.Load());
  if (!found) return Make(pending);
  const std::string what = found->order.empty() ? "a request" : found->order;
  const std::string names = JoinNames(found->wish.names);
  if (found->wish == options_.wish) {
    resumed_ = true;
    progress_.Note(fmt::format("going on with {} for {}, which an earlier run began", what, names));
    return *std::move(found);
  }
  progress_.Note(
      fmt::format("giving up {} for {}, which an earlier run began: another one is asked for now",
                  what, names));
  RETURN_IF_ERROR(pending.Clear());
  return Make(pending);
}

Result<PendingRequest> Issuance::Make(const PendingRequests& pending) const {
  ASSIGN_OR_RETURN(HostKey key, HostKey::Generate(options_.wish.key_type));
  ASSIGN_OR_RETURN(Bytes csr, key.MakeCsr(options_.wish.names));
  PendingRequest request{.wish = options_.wish,
                         .certificate = options_.certificate,
                         .request_id = service_.NewRequestId(),
                         .csr_der = std::move(csr),
                         .order = {},
                         .key = std::move(key)};
  RETURN_IF_ERROR(pending.Save(request));
  return request;
}

Result<v1::Order> Issuance::Obtain(PendingRequest& request, const PendingRequests& pending) {
  ASSIGN_OR_RETURN(v1::Order order, PlaceAndWatch(request, pending));
  if (!resumed_ || order.state() == v1::ORDER_STATE_ISSUED) return order;
  // It may have failed because the earlier run was not there any more to serve its challenges.
  progress_.Note(fmt::format("the earlier run's order has ended: {}; asking anew",
                             WhyEnded(order).ToString()));
  RETURN_IF_ERROR(pending.Clear());
  resumed_ = false;
  ASSIGN_OR_RETURN(request, Make(pending));
  return PlaceAndWatch(request, pending);
}

Result<v1::Order> Issuance::PlaceAndWatch(PendingRequest& request, const PendingRequests& pending) {
  ASSIGN_OR_RETURN(const v1::Order order, Place(request, pending));
  if (request.order != order.name()) {
    request.order = order.name();
    RETURN_IF_ERROR(pending.Save(request));
  }
  progress_.Note(fmt::format("{} for {}", order.name(), JoinNames(request.wish.names)));
  return WatchOrder(order.name());
}

Result<v1::Order> Issuance::Place(const PendingRequest& request,
                                  const PendingRequests& pending) const {
  const auto& calls = service_.calls();
  Result<v1::Order> order = Error(Reason::kInternal, "not asked");
  if (request.certificate.empty()) {
    v1::IssueCertificateRequest issue;
    issue.set_request_id(request.request_id);
    issue.set_csr_der(std::string(AsText(request.csr_der)));
    for (const DomainName& name : request.wish.names) issue.add_dns_names(name.ToString());
    issue.set_issuer(request.wish.issuer);
    issue.set_profile(request.wish.profile);
    order = calls.Unary(service_.certificates(),
                        &v1::CertificateService::StubInterface::IssueCertificate, issue);
  } else {
    v1::RenewCertificateRequest renew;
    renew.set_request_id(request.request_id);
    renew.set_name(request.certificate);
    renew.set_csr_der(std::string(AsText(request.csr_der)));
    order = calls.Unary(service_.certificates(),
                        &v1::CertificateService::StubInterface::RenewCertificate, renew);
  }
  if (!order && WasRefused(order.error())) RETURN_IF_ERROR(pending.Clear());
  return order;
}

Result<v1::Order> Issuance::WatchOrder(const std::string& name) const {
  const Watch watch({.clock = service_.clock(),
                     .random = service_.random(),
                     .stop = service_.stop(),
                     .wait = client::WaitUnless(service_.stop()),
                     .on_break = [this](const Error& error) {
                       progress_.Note(fmt::format("the connection broke and is opened again ({})",
                                                  TraitsOf(error.reason()).name));
                     }});
  v1::WatchOrderRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(const v1::WatchOrderResponse last,
                   watch.Until<v1::WatchOrderResponse>(
                       [&](grpc::ClientContext* context) {
                         return service_.orders().WatchOrder(context, request);
                       },
                       [&](const v1::WatchOrderResponse& message) {
                         progress_.Show(message.order());
                         return IsFinal(message.order().state());
                       },
                       deadline_));
  return last.order();
}

Result<IssuanceOutcome> Issuance::Fetch(const v1::Order& order,
                                        const PendingRequest& request) const {
  v1::GetCertificateRequest get;
  get.set_name(order.certificate());
  ASSIGN_OR_RETURN(
      v1::Certificate certificate,
      service_.calls().Unary(service_.certificates(),
                             &v1::CertificateService::StubInterface::GetCertificate, get));
  if (certificate.current().order() != order.name()) {
    return Error(Reason::kCertificateRefused,
                 fmt::format("{} was renewed by {} after {}; ask again", certificate.name(),
                             certificate.current().order(), order.name()));
  }
  auto chain = CheckDelivered(certificate.current().chain_pem(),
                              {.names = request.wish.names,
                               .spki_sha256 = request.key.spki_sha256(),
                               .now = service_.clock().Now(),
                               .ordered = client::ToTime(order.create_time()),
                               .roots = roots_});
  if (!chain) {
    return std::move(chain).error().While(
        fmt::format("the certificate of {} is not installed", order.name()));
  }
  return IssuanceOutcome{
      .order = order, .certificate = std::move(certificate), .chain = *std::move(chain)};
}

Result<void> Issuance::Install(const IssuanceOutcome& outcome, const PendingRequest& request,
                               CertificateFolder& folder) const {
  return folder.Install({.key_pem = request.key.ToPem(),
                         .certificate_pem = outcome.chain.certificate_pem,
                         .chain_pem = outcome.chain.chain_pem,
                         .state = {.certificate = outcome.certificate.name(),
                                   .order = outcome.order.name(),
                                   .serial = outcome.chain.serial,
                                   .wish = request.wish}});
}

Error Issuance::Unfinished(const Error& error, const PendingRequest& request) const {
  const std::string what = request.order.empty() ? "the request" : request.order;
  if (error.reason() == Reason::kCancelled && service_.stop().stop_requested()) {
    return Error(Reason::kCancelled,
                 fmt::format("interrupted; {} goes on at the service. The same command again goes "
                             "on with it",
                             what));
  }
  if (error.reason() == Reason::kDeadlineExceeded && !request.order.empty()) {
    return Error(Reason::kDeadlineExceeded,
                 fmt::format("{} has not ended within {} s; it goes on at the service. The same "
                             "command again goes on with it",
                             what, options_.timeout.count()));
  }
  return error;
}

}  // namespace certbroker::agent
