#include "agent/issuance.h"

#include <utility>

#include <fmt/format.h>

#include "agent/cancellation.h"
#include "agent/durable_file.h"
#include "agent/order_text.h"
#include "agent/placement.h"
#include "agent/watch.h"
#include "client/status.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSessionLimit{15'000};
constexpr milliseconds kTakeDownLimit{2'000};

std::vector<std::string> TextsOf(const std::vector<Identifier>& names) {
  std::vector<std::string> texts;
  for (const Identifier& name : names) texts.push_back(name.ToString());
  return texts;
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
  ASSIGN_OR_RETURN(const auto solver,
                   MakeSolver(options_.challenge, service_.clock(),
                              [&](const Challenge& challenge, const std::string& address) {
                                reports.Send(challenge, v1::ChallengeReport::HIT, address);
                                progress_.Note(fmt::format("{}: the answer was fetched by {}",
                                                           challenge.identifier, address));
                              }));
  ASSIGN_OR_RETURN(PendingRequest request, FindOrMake(folder));
  // Before the order, so that the service never has to wait for us.
  ChallengeSession session({.service = service_.sessions(),
                            .solver = *solver,
                            .reports = reports,
                            .clock = service_.clock(),
                            .random = service_.random(),
                            .note = [this](std::string_view text) { progress_.Note(text); },
                            .replace_identity = [this] { replacement_asked_ = true; }},
                           TextsOf(request.wish.names));
  if (const auto open = session.WaitUntilOpen(kSessionLimit, service_.stop()); !open) {
    return service_.Explained(open.error());
  }
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

Result<PendingRequest> Issuance::FindOrMake(CertificateFolder& folder) {
  const PendingRequests pending = folder.pending();
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
  RETURN_IF_ERROR(GiveUp(*std::move(found), folder));
  return Make(pending);
}

Result<void> Issuance::GiveUp(PendingRequest request, CertificateFolder& folder) const {
  auto cancellation = CancelPending(service_, folder.pending(), request);
  if (!cancellation) return std::move(cancellation).error();
  if (*cancellation == Cancellation::kDone) return {};
  progress_.Note(
      fmt::format("{} cannot be cancelled any more, because the CA may be signing; its "
                  "certificate is installed first",
                  request.order));
  const auto order = WatchOrder(request.order);
  if (!order) return Unfinished(order.error(), request);
  if (order->state() == v1::ORDER_STATE_ISSUED) {
    const auto outcome = Fetch(*order, request);
    if (!outcome && !WasRefused(outcome.error())) return Unfinished(outcome.error(), request);
    if (outcome) {
      RETURN_IF_ERROR(Install(*outcome, request, folder));
    } else {
      progress_.Note(outcome.error().ToString());
    }
  }
  return folder.pending().Clear();
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
  // An order that is known is not asked for again: policy may say no by now, and it goes on.
  if (request.order.empty()) RETURN_IF_ERROR(Place(request, pending));
  progress_.Note(fmt::format("{} for {}", request.order, JoinNames(request.wish.names)));
  auto order = WatchOrder(request.order);
  if (!order && order.error().reason() == Reason::kNotFound) RETURN_IF_ERROR(pending.Clear());
  return order;
}

Result<void> Issuance::Place(PendingRequest& request, const PendingRequests& pending) const {
  const auto order = PlaceOrder(service_, request);
  if (order) {
    request.order = order->name();
    return pending.Save(request);
  }
  if (WasRefused(order.error())) RETURN_IF_ERROR(pending.Clear());
  return order.error();
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

std::string Issuance::HowToGoOn() const {
  return fmt::format(
      "The same command again goes on with it, 'certbroker-agent cancel --out {}' gives it up",
      Printable(options_.out.string()));
}

Error Issuance::Unfinished(const Error& error, const PendingRequest& request) const {
  const std::string what = request.order.empty() ? "the request" : request.order;
  if (error.reason() == Reason::kCancelled && service_.stop().stop_requested()) {
    return Error(Reason::kCancelled,
                 fmt::format("interrupted; {} goes on at the service. {}", what, HowToGoOn()));
  }
  if (error.reason() == Reason::kDeadlineExceeded && !request.order.empty()) {
    return Error(Reason::kDeadlineExceeded,
                 fmt::format("{} has not ended within {} s; it goes on at the service. {}", what,
                             options_.timeout.count(), HowToGoOn()));
  }
  return error;
}

}  // namespace certbroker::agent
