#include "pki/chain_verifier.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "core/check.h"
#include "pki/openssl_handle.h"
#include "pki/pem_chain.h"

namespace certbroker::pki {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr minutes kClockDifference{5};
constexpr hours kMaxBackdating{24};
constexpr hours kMaxLifetime{24 * 3653};  // ten years

class Refusals {
 public:
  void Add(std::string_view check, std::string description) {
    all_.push_back({std::string(check), Reason::kCertificateRefused, std::move(description)});
  }
  bool empty() const { return all_.empty(); }

  Error ToError() && {
    std::string detail = "the certificate is not the one that was ordered";
    for (std::string_view separator = ": "; const Violation& refusal : all_) {
      detail += fmt::format("{}{} ({})", std::exchange(separator, "; "), refusal.description,
                            refusal.subject);
    }
    Error error(Reason::kCertificateRefused, std::move(detail));
    for (Violation& refusal : all_) error = std::move(error).With(std::move(refusal));
    return error;
  }

 private:
  std::vector<Violation> all_;
};

std::string Join(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += ", ";
    joined += Printable(text, 260);
    if (joined.size() > 2000) return joined + ", …";
  }
  return joined.empty() ? "nothing" : joined;
}

void CheckKey(const Certificate& leaf, const IssuedExpectation& expectation, Refusals& refusals) {
  if (leaf.spki_sha256() == expectation.spki_sha256) return;
  refusals.Add("key", fmt::format("its key has SHA-256 {}, the CSR's has {}",
                                  Hex(leaf.spki_sha256()), Hex(expectation.spki_sha256)));
}

void CheckNames(const Certificate& leaf, const IssuedExpectation& expectation, Refusals& refusals) {
  std::vector<std::string> seen = leaf.dns_names();
  seen.insert(seen.end(), leaf.ip_names().begin(), leaf.ip_names().end());
  std::ranges::sort(seen);
  std::vector<std::string> wanted;
  for (const Identifier& name : SortedUnique(expectation.names)) wanted.push_back(name.ToString());
  if (seen != wanted) {
    refusals.Add("names", fmt::format("it is for {}, ordered was {}", Join(seen), Join(wanted)));
  }
  std::vector<std::string> others = leaf.other_names();
  others.insert(others.end(), leaf.uri_names().begin(), leaf.uri_names().end());
  if (!others.empty()) {
    refusals.Add("names", fmt::format("it names {} besides, which nobody ordered", Join(others)));
  }
}

// Baseline Requirements §7.1.4.3: an address may stand there too.
void CheckCommonName(const Certificate& leaf, Refusals& refusals) {
  std::vector<std::string> names = leaf.dns_names();
  names.insert(names.end(), leaf.ip_names().begin(), leaf.ip_names().end());
  for (const std::string& common_name : leaf.common_names()) {
    if (std::ranges::find(names, common_name) != names.end()) continue;
    refusals.Add("common-name", fmt::format("its common name \"{}\" is not one of its names",
                                            Printable(common_name, 260)));
  }
}

void CheckValidity(const Certificate& leaf, const IssuedExpectation& expectation,
                   Refusals& refusals) {
  const Time begin = leaf.not_before();
  const Time end = leaf.not_after();
  const auto add = [&](std::string_view what, Time now) {
    refusals.Add("validity",
                 fmt::format("it {}: valid from {} to {}, seen at {}", what, FormatRfc3339(begin),
                             FormatRfc3339(end), FormatRfc3339(now)));
  };
  if (end <= begin) return add("is never valid", expectation.now);
  if (begin - kClockDifference > expectation.now) return add("is not valid yet", expectation.now);
  if (end + kClockDifference < expectation.now) return add("has expired", expectation.now);
  const Time ordered = expectation.ordered.value_or(expectation.now);
  if (begin + kMaxBackdating < ordered) {
    return add("begins more than 24 hours before the order", ordered);
  }
  if (end - begin > kMaxLifetime) return add("is valid for more than ten years", expectation.now);
}

void CheckUsage(const Certificate& leaf, Refusals& refusals) {
  if (leaf.is_ca()) refusals.Add("ca", "it is a CA certificate (CA:TRUE), ordered was a server's");
  if (leaf.has_eku() && !leaf.has_eku_server_auth()) {
    refusals.Add("usage", "its extended key usage lacks serverAuth");
  }
}

// The leaf may begin or end within the clock difference; the path is then looked at when it holds.
std::time_t CheckTime(const Certificate& leaf, Time now) {
  // OpenSSL takes the last second for expired.
  const Time inside =
      std::clamp(now, leaf.not_before(), leaf.not_after() - std::chrono::seconds(1));
  // Not system_clock::to_time_t: its nanoseconds end in the year 2262.
  return std::chrono::ceil<std::chrono::seconds>(inside).time_since_epoch().count();
}

X509StackPtr Decode(const std::vector<Certificate>& chain) {
  X509StackPtr stack(sk_X509_new_null());
  CERTBROKER_CHECK(stack != nullptr);
  for (const Certificate& certificate : chain) {
    X509Ptr x509 = DecodeX509(certificate.der());
    CERTBROKER_CHECK(x509 != nullptr && sk_X509_push(stack.get(), x509.get()) > 0);
    static_cast<void>(x509.release());  // the stack owns it now
  }
  return stack;
}

// The words for a path that OpenSSL did not accept.
void AddPathError(X509_STORE_CTX* context, const std::vector<Certificate>& chain,
                  Refusals& refusals) {
  const int code = X509_STORE_CTX_get_error(context);
  const auto depth = static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context)));
  const X509* at = X509_STORE_CTX_get_current_cert(context);
  const std::string subject = at == nullptr ? "?" : NameText(X509_get_subject_name(at));
  const std::string issuer = at == nullptr ? "?" : NameText(X509_get_issuer_name(at));
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      // Whether the path used all that was sent tells a hole in the chain from an unknown root.
      refusals.Add(depth + 1 < chain.size() ? "chain" : "root",
                   fmt::format("certificate {} (\"{}\") is issued by \"{}\", which is neither next "
                               "in the chain nor a configured root; if the CA has a new root, "
                               "configure it",
                               depth + 1, subject, issuer));
      return;
    default:
      refusals.Add("chain", fmt::format("certificate {} (\"{}\"): {}", depth + 1, subject,
                                        X509_verify_cert_error_string(code)));
  }
}

// RFC 8555 §7.4.2: "each following certificate SHOULD directly certify the one preceding it". Hosts
// serve the chain as it stands, so we insist as far as the path goes.
void CheckOrder(X509_STORE_CTX* context, const std::vector<Certificate>& chain,
                Refusals& refusals) {
  const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context);
  const int sent = X509_STORE_CTX_get_num_untrusted(context);
  for (int i = 0; i < sent; ++i) {
    const X509* on_path = sk_X509_value(path, i);
    const X509Ptr in_chain = DecodeX509(chain[static_cast<std::size_t>(i)].der());
    if (X509_cmp(on_path, in_chain.get()) == 0) continue;
    refusals.Add("chain", fmt::format("it is out of order: certificate {} should be \"{}\"", i + 1,
                                      NameText(X509_get_subject_name(on_path))));
    return;
  }
}

void CheckPath(const std::vector<Certificate>& chain, const IssuedExpectation& expectation,
               Refusals& refusals) {
  const X509StackPtr untrusted = Decode(chain);
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  CERTBROKER_CHECK(context != nullptr);
  CERTBROKER_CHECK(X509_STORE_CTX_init(context.get(), expectation.anchors.store(),
                                       sk_X509_value(untrusted.get(), 0), untrusted.get()) == 1);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, CheckTime(chain.front(), expectation.now));
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMaxChainLength));
  X509_VERIFY_PARAM_set_auth_level(rules, 2);  // 112 bits: RSA 2048, no SHA-1
  CERTBROKER_CHECK(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER) == 1);
  // An anchor is one whether or not it is self-signed.
  CERTBROKER_CHECK(X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1);
  if (X509_verify_cert(context.get()) == 1) {
    CheckOrder(context.get(), chain, refusals);
  } else {
    AddPathError(context.get(), chain, refusals);
  }
}

}  // namespace

Result<void> VerifyIssued(const std::vector<Certificate>& chain,
                          const IssuedExpectation& expectation) {
  const OpenSslErrorScope errors;
  Refusals refusals;
  if (chain.empty() || chain.size() > kMaxChainLength) {
    refusals.Add("chain", fmt::format("the chain has {} certificates; 1 to {} were expected",
                                      chain.size(), kMaxChainLength));
    return std::move(refusals).ToError();
  }
  const Certificate& leaf = chain.front();
  CheckKey(leaf, expectation, refusals);
  CheckNames(leaf, expectation, refusals);
  CheckCommonName(leaf, refusals);
  CheckValidity(leaf, expectation, refusals);
  CheckUsage(leaf, refusals);
  if (refusals.empty()) CheckPath(chain, expectation, refusals);
  if (refusals.empty()) return {};
  return std::move(refusals).ToError();
}

}  // namespace certbroker::pki
