#include "tests/fakes/scripted_ca/validator.h"

#include <curl/curl.h>

#include "tests/fakes/scripted_ca/dns_query.h"
#include "tests/fakes/scripted_ca/http_look.h"
#include "tests/fakes/scripted_ca/tls_look.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kQueue = 10'000;

TxtLookup LookupOf(const Options& options) {
  if (options.txt_lookup) return options.txt_lookup;
  if (options.dns_resolver.empty()) return nullptr;
  return [server = DnsServer{.address = options.dns_resolver}](const std::string& name) {
    return QueryTxt(server, name);
  };
}

}  // namespace

Validator::Validator(const Options& options)
    : mode_(options.validation),
      http_port_(options.http_port),
      tls_port_(options.tls_port),
      address_(options.validation_address),
      txt_lookup_(LookupOf(options)),
      issuers_(options.issuer_domain_names) {
  if (mode_ != Validation::kFetch) return;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  lookers_ = std::make_unique<Executor>(
      Executor::Options{.name = "ca-look", .threads = kThreads, .queue_limit = kQueue});
}

std::optional<Verdict> Validator::AtOnce(const Question& question) const {
  if (mode_ == Validation::kAlwaysValid) return Verdict();
  if (mode_ == Validation::kAlwaysInvalid) {
    return Verdict(Problem{403, "unauthorized", "nothing is ever valid here"});
  }
  if (question.type == "http-01" || question.type == "tls-alpn-01") return std::nullopt;
  if (!question.type.starts_with("dns-")) {
    return Verdict(Problem{400, "malformed", question.type + " is not looked at by this CA"});
  }
  if (txt_lookup_) return std::nullopt;
  return Verdict(Problem{400, "dns", "this CA has no resolver to ask for " + question.type});
}

void Validator::Look(Question question, UniqueFunction<void(Verdict)> done) {
  // Not bounded: the queue belongs to a test, which knows how much it asks for.
  lookers_->Post([this, question = std::move(question), done = std::move(done)]() mutable {
    done(LookAt(question));
  });
}

Verdict Validator::LookAt(const Question& question) const {
  if (question.type == "http-01") return Fetch(question, address_, http_port_);
  if (question.type == "tls-alpn-01") return ShakeHands(question, address_, tls_port_);
  return LookUp(question, txt_lookup_, issuers_);
}

}  // namespace certbroker::scripted_ca
