#include "bench/issuing_agent.h"

#include <atomic>
#include <thread>
#include <utility>

#include "agent/delivered_chain.h"
#include "agent/order_text.h"
#include "agent/watch.h"
#include "client/status.h"
#include "client/time_text.h"

namespace certbroker::bench {

using std::chrono::microseconds;

Result<Issued> IssuingAgent::Issue(const CertificateRequest& request) const {
  v1::IssueCertificateRequest issue;
  issue.set_request_id(service_.NewRequestId());
  issue.set_csr_der(std::string(AsText(request.csr_der)));
  issue.add_identifiers(request.name.ToString());
  issue.add_challenge_types("http-01");
  const SteadyTime begun = service_.clock().Tick();
  ASSIGN_OR_RETURN(
      const v1::Order placed,
      service_.calls().Unary(service_.certificates(),
                             &v1::CertificateService::StubInterface::IssueCertificate, issue));
  ASSIGN_OR_RETURN(const v1::Order order, WaitForEnd(placed.name()));
  if (order.state() != v1::ORDER_STATE_ISSUED) {
    return client::FromProto(order.error()).While(order.name());
  }
  v1::GetCertificateRequest get;
  get.set_name(order.certificate());
  ASSIGN_OR_RETURN(
      const v1::Certificate certificate,
      service_.calls().Unary(service_.certificates(),
                             &v1::CertificateService::StubInterface::GetCertificate, get));
  const auto latency = std::chrono::duration_cast<microseconds>(service_.clock().Tick() - begun);
  RETURN_IF_ERROR(Check(order, certificate, request));
  return Issued{latency};
}

Result<v1::Order> IssuingAgent::WaitForEnd(const std::string& order) const {
  const agent::Watch watch({.clock = service_.clock(),
                            .random = service_.random(),
                            .stop = service_.stop(),
                            .wait = client::WaitUnless(service_.stop()),
                            .on_break = [](const Error& /*error*/) {}});
  v1::WatchOrderRequest request;
  request.set_name(order);
  ASSIGN_OR_RETURN(const v1::WatchOrderResponse last,
                   watch.Until<v1::WatchOrderResponse>(
                       [&](grpc::ClientContext* context) {
                         return service_.orders().WatchOrder(context, request);
                       },
                       [](const v1::WatchOrderResponse& message) {
                         return agent::IsFinal(message.order().state());
                       },
                       service_.clock().Tick() + timeout_));
  return last.order();
}

Result<void> IssuingAgent::Check(const v1::Order& order, const v1::Certificate& certificate,
                                 const CertificateRequest& request) const {
  const auto chain = agent::CheckDelivered(certificate.current().chain_pem(),
                                           {.names = {request.name},
                                            .spki_sha256 = request.spki_sha256,
                                            .now = service_.clock().Now(),
                                            .ordered = client::ToTime(order.create_time()),
                                            .roots = roots_});
  return chain ? Result<void>() : Result<void>(chain.error());
}

std::vector<Result<Issued>> IssuingAgent::IssueAll(
    const std::vector<CertificateRequest>& requests, int concurrency,
    const std::function<void(const Result<Issued>&)>& done) const {
  std::vector<Result<Issued>> results(requests.size(), Error(Reason::kCancelled, "not asked for"));
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < requests.size(); i = next++) {
      results[i] = Issue(requests[i]);
      done(results[i]);
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(concurrency));
    for (int i = 0; i < concurrency; ++i) threads.emplace_back(work);
  }
  return results;
}

}  // namespace certbroker::bench
