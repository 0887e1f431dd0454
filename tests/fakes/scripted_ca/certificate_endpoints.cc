#include <algorithm>

#include <openssl/x509.h>

#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

constexpr int kKeyCompromise = 1;

// "0a…/1" → the second chain.
struct Download {
  std::string serial;
  std::size_t chain = 0;
};
Download DownloadOf(const std::string& argument) {
  const std::size_t slash = argument.find('/');
  if (slash == std::string::npos) return {argument, 0};
  return {argument.substr(0, slash), ParseId(std::string_view(argument).substr(slash + 1))};
}

std::string UrlOfChain(const Ca& ca, const Certificate& certificate, std::size_t chain) {
  const std::string suffix = chain == 0 ? "" : "/" + std::to_string(chain);
  return ca.Url(Endpoint::kCertificate, certificate.serial + suffix);
}

struct Revocation {
  Bytes der;
  int reason = 0;
};
Outcome<Revocation> ReadRevocation(const Ca& ca, const Json& payload) {
  const std::string* text = StringAt(payload, "certificate");
  auto der = text == nullptr ? std::nullopt : FromBase64Url(*text);
  if (!der) return Malformed("revokeCert needs a \"certificate\" in base64url");
  Revocation revocation{*std::move(der), 0};
  const auto reason = payload.find("reason");
  if (reason == payload.end()) return revocation;
  if (!reason->is_number_integer()) return Malformed("\"reason\" is no number");
  revocation.reason = reason->get<int>();
  if (ca.options.revocation_reasons.count(revocation.reason) != 0) return revocation;
  return Problem{400, "badRevocationReason",
                 "reason " + std::to_string(revocation.reason) + " is not allowed"};
}

std::shared_ptr<X509> ParseDer(const Bytes& der) {
  const unsigned char* in = der.data();
  return {d2i_X509(nullptr, &in, static_cast<long>(der.size())), &X509_free};
}

std::string SerialOf(const X509& certificate) {
  const std::string id = RenewalId(&certificate);
  const auto serial = FromBase64Url(std::string_view(id).substr(id.find('.') + 1));
  return serial ? Hex(*serial) : "";
}

bool HoldsAllNames(Ca& ca, Id account, const Certificate& certificate) REQUIRES(ca.mutex) {
  return std::all_of(certificate.names.begin(), certificate.names.end(),
                     [&](const Identifier& name) REQUIRES(ca.mutex) {
                       Authorization* proof =
                           ca.store.LastProof(account, {name.type, name.base()}, name.wildcard());
                       if (proof == nullptr) return false;
                       BringUpToDate(ca, *proof);
                       return proof->status == Status::kValid;
                     });
}

// RFC 8555 §7.6: the account that ordered it, one that holds all its names, or its own key.
bool MayRevoke(Ca& ca, const SignedRequest& request, const Certificate& certificate,
               const X509& parsed) REQUIRES(ca.mutex) {
  if (request.account == 0) return SameKey(*request.key, X509_get0_pubkey(&parsed));
  return request.account == certificate.account || HoldsAllNames(ca, request.account, certificate);
}

}  // namespace

Response GetCertificate(Ca& ca, const SignedRequest& request) {
  if (!request.is_get()) return ToResponse(Malformed("a certificate takes POST-as-GET only"));
  const Download download = DownloadOf(request.route.argument);
  const MutexLock lock(ca.mutex);
  const Certificate* certificate = ca.store.FindCertificate(download.serial);
  if (certificate == nullptr || download.chain >= certificate->chains.size() ||
      ca.clock.Now() - certificate->issued < ca.options.lag.certificate) {
    return ToResponse(NotFound("Certificate not found"));
  }
  if (certificate->account != request.account) {
    return ToResponse(Unauthorized("this is somebody else's certificate"));
  }
  Response response;
  response.content_type = "application/pem-certificate-chain";
  response.body = certificate->chains[download.chain];
  for (std::size_t i = 0; i < certificate->chains.size(); ++i) {
    if (i == download.chain) continue;
    response.headers.emplace_back("Link",
                                  "<" + UrlOfChain(ca, *certificate, i) + ">;rel=\"alternate\"");
  }
  return response;
}

Response RevokeCertificate(Ca& ca, const SignedRequest& request) {
  const auto revocation = ReadRevocation(ca, request.payload);
  if (!revocation) return ToResponse(revocation.problem());
  const auto parsed = ParseDer(revocation->der);
  if (parsed == nullptr) return ToResponse(Malformed("\"certificate\" is no certificate"));
  const MutexLock lock(ca.mutex);
  Certificate* certificate = ca.store.FindCertificate(SerialOf(*parsed));
  if (certificate == nullptr || certificate->der != revocation->der) {
    return ToResponse(NotFound("this CA did not issue the certificate"));
  }
  if (!MayRevoke(ca, request, *certificate, *parsed)) {
    return ToResponse(Unauthorized("the signer may not revoke this certificate"));
  }
  if (certificate->revoked) {
    return ToResponse({400, "alreadyRevoked", "the certificate is revoked already"});
  }
  // As Let's Encrypt takes it: who signs with the key shows that the key is known.
  certificate->revoked = request.account == 0 ? kKeyCompromise : revocation->reason;
  return {};
}

}  // namespace certbroker::scripted_ca
