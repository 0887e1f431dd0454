#include "pki/client_chain.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "core/check.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

constexpr int kSecurityLevel = 2;  // 112 bits: RSA 2048, P-224, no SHA-1

Error Untrusted(std::string_view why) {
  return Error(Reason::kIdentityInvalid,
               fmt::format("the client certificate is not trusted: {}", why));
}

Result<void> CheckLeaf(const Certificate& leaf) {
  if (leaf.is_ca()) return Untrusted("it is a CA's; a client's has CA:FALSE");
  if (!leaf.has_eku_client_auth()) {
    return Untrusted("its extendedKeyUsage does not name clientAuth");
  }
  return {};
}

// OpenSSL's words for each certificate on the way; what it returns says whether to go on.
int ForgiveLeafDates(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const int error = X509_STORE_CTX_get_error(context);
  const bool dates = error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CERT_HAS_EXPIRED;
  if (!dates || X509_STORE_CTX_get_error_depth(context) != 0) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

X509StackPtr DecodeAll(const std::vector<Certificate>& certificates) {
  X509StackPtr stack(sk_X509_new_null());
  CERTBROKER_CHECK(stack != nullptr);
  for (const Certificate& certificate : certificates) {
    X509Ptr x509 = DecodeX509(certificate.der());
    CERTBROKER_CHECK(x509 != nullptr && sk_X509_push(stack.get(), x509.get()) > 0);
    static_cast<void>(x509.release());  // the stack owns it now
  }
  return stack;
}

void SetRules(X509_STORE_CTX* context, Time now) {
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  const std::time_t at = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  X509_VERIFY_PARAM_set_time(rules, at);
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMaxClientIntermediates));
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  CERTBROKER_CHECK(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT) == 1);
  // An anchor is one whether or not it is self-signed.
  CERTBROKER_CHECK(X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1);
  X509_STORE_CTX_set_verify_cb(context, ForgiveLeafDates);
}

Error NoPath(X509_STORE_CTX* context, const Certificate& leaf) {
  const int code = X509_STORE_CTX_get_error(context);
  const X509* at = X509_STORE_CTX_get_current_cert(context);
  const std::string subject = at == nullptr ? leaf.subject() : NameText(X509_get_subject_name(at));
  const std::string issuer = at == nullptr ? leaf.issuer() : NameText(X509_get_issuer_name(at));
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Untrusted(fmt::format(
          "\"{}\" is issued by \"{}\", which is no CA that is trusted here", subject, issuer));
    default:
      return Untrusted(fmt::format("\"{}\": {}", subject, X509_verify_cert_error_string(code)));
  }
}

Result<Certificate> EndOf(X509_STORE_CTX* context, const TrustAnchors& anchors) {
  const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context);
  // OpenSSL takes an anchor for its own client.
  if (sk_X509_num(path) < 2) return Untrusted("it is itself one of the CAs that are trusted here");
  const X509* end = sk_X509_value(path, sk_X509_num(path) - 1);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(end, &encoded);
  CERTBROKER_CHECK(size > 0);
  const Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  const auto found = std::ranges::find(anchors.certificates(), der, &Certificate::der);
  if (found != anchors.certificates().end()) return *found;
  return Untrusted("its chain ends in no CA that is trusted here");
}

}  // namespace

Result<Certificate> VerifyClientChain(const Certificate& leaf,
                                      const std::vector<Certificate>& intermediates,
                                      const TrustAnchors& anchors, Time now) {
  const OpenSslErrorScope errors;
  RETURN_IF_ERROR(CheckLeaf(leaf));
  if (intermediates.size() > kMaxClientIntermediates) {
    return Untrusted(fmt::format("{} certificates were sent behind it; at most {} are looked at",
                                 intermediates.size(), kMaxClientIntermediates));
  }
  const X509Ptr decoded = DecodeX509(leaf.der());
  const X509StackPtr untrusted = DecodeAll(intermediates);
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  CERTBROKER_CHECK(
      decoded != nullptr && context != nullptr &&
      X509_STORE_CTX_init(context.get(), anchors.store(), decoded.get(), untrusted.get()) == 1);
  SetRules(context.get(), now);
  if (X509_verify_cert(context.get()) != 1) return NoPath(context.get(), leaf);
  return EndOf(context.get(), anchors);
}

}  // namespace certbroker::pki
