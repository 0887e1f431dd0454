#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/order_view.h"
#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::chrono::hours kBackdated{1};

Outcome<Csr> ReadCsr(const SignedRequest& request, Bytes& der) {
  const std::string* text = StringAt(request.payload, "csr");
  auto octets = text == nullptr ? std::nullopt : FromBase64Url(*text);
  if (!octets) return Malformed("finalize needs a \"csr\" in base64url");
  der = *std::move(octets);
  auto csr = ParseCsr(der);
  if (!csr) return csr;
  if (csr->must_staple) return Unauthorized("OCSP must-staple is no longer available");
  if (SameKey(*request.key, csr->key.get())) {
    return Problem{400, "badPublicKey", "the certificate's key is the account's"};
  }
  return csr;
}

// The order is "processing" from here on: nobody else finalizes it.
Outcome<Order> Begin(Ca& ca, const SignedRequest& request, const Csr& csr, const Bytes& der) {
  const MutexLock lock(ca.mutex);
  const auto found = FindOrder(ca, request.account, ParseId(request.route.argument));
  if (!found) return found.problem();
  Order& order = **found;
  if (order.status != Status::kReady) {
    return Problem{403, "orderNotReady",
                   "the order is \"" + std::string(NameOf(order.status)) + "\", not \"ready\""};
  }
  if (csr.identifiers != order.identifiers) {
    return Problem{400, "badCSR",
                   "the CSR's names are not the order's: " + Listed(csr.identifiers)};
  }
  order.status = Status::kProcessing;
  order.csr = der;
  ++order.finalizations;
  return order;
}

Certificate Sign(Ca& ca, const Order& order, const Csr& csr, Flaw flaw) {
  const auto profile = ca.options.profiles.find(order.profile);
  const Profile terms = profile == ca.options.profiles.end() ? Profile() : profile->second;
  Certificate certificate;
  certificate.issued = ca.clock.Now();
  // CAs backdate, so that clocks that are late accept it.
  certificate.not_before = certificate.issued - kBackdated;
  certificate.not_after = certificate.not_before + terms.validity;
  certificate.flaw = flaw;
  IssuedChains issued = ca.issuer.Issue(
      csr, {order.identifiers, certificate.not_before, certificate.not_after, flaw});
  certificate.serial = std::move(issued.serial);
  certificate.renewal_id = std::move(issued.renewal_id);
  certificate.der = std::move(issued.leaf_der);
  certificate.chains = std::move(issued.chains);
  certificate.account = order.account;
  certificate.order = order.id;
  certificate.names = order.identifiers;
  return certificate;
}

Response End(Ca& ca, Id id, Certificate certificate) {
  const MutexLock lock(ca.mutex);
  Order& order = *ca.store.FindOrder(id);
  const bool renewal = CountsAsRenewal(ca.store.LastIssued(order.identifiers), certificate.issued);
  ca.limits.OnIssued(order.identifiers, renewal, certificate.issued);
  order.certificate = certificate.serial;
  order.issued = certificate.issued + ca.options.issuance_time;
  ca.store.AddCertificate(std::move(certificate));
  BringUpToDate(ca, order);
  return OrderAnswer(ca, order, 200);
}

}  // namespace

Response GetOrder(Ca& ca, const SignedRequest& request) {
  if (!request.is_get()) return ToResponse(Malformed("an order takes POST-as-GET only"));
  const MutexLock lock(ca.mutex);
  const auto order = FindOrder(ca, request.account, ParseId(request.route.argument));
  return order ? OrderAnswer(ca, **order, 200) : ToResponse(order.problem());
}

Response Finalize(Ca& ca, const SignedRequest& request) {
  Bytes der;
  const auto csr = ReadCsr(request, der);
  if (!csr) return ToResponse(csr.problem());
  const auto order = Begin(ca, request, *csr, der);
  if (!order) return ToResponse(order.problem());
  return End(ca, order->id, Sign(ca, *order, *csr, request.flaw));
}

}  // namespace certbroker::scripted_ca
