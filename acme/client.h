// acme/client.h: signed exchanges with one CA: directory, nonces, JWS, badNonce, errors; one call,
// one answer.
//
// The client knows how to talk, not what to say: which request comes next is the order machine's
// business, when to try again the engine's. It waits for nothing but the CA: no sleeps, no retries
// but badNonce, which is part of one exchange (RFC 8555 §6.5).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/directory.h"
#include "acme/nonce_pool.h"
#include "acme/origin_gate.h"
#include "acme/renewal_info.h"
#include "core/clock.h"
#include "core/executor.h"
#include "core/ports/http_client.h"
#include "core/ports/order_queue.h"
#include "core/ports/signer.h"
#include "core/result.h"

namespace certbroker::acme {

class DirectoryCache;

enum class Endpoint { kNewAccount, kNewOrder, kRevokeCert };

struct SignedCall {
  SignaturePurpose purpose = SignaturePurpose::kPostAsGet;
  std::variant<Endpoint, HttpsUrl> target;
  std::string payload;                  // empty: POST-as-GET
  std::optional<HttpsUrl> account_url;  // nothing: the JWS carries the key (newAccount)
  // For the ledger of key uses, as in JwsInput.
  std::string subject;
  std::string agent;
  std::string request_id;
  std::string accept;  // media type, for downloads
  std::size_t max_body_bytes = std::size_t{256} * 1024;
  // Runs on a worker between signing and sending, once per attempt: the place to put the request on
  // record. An error ends the call, unsent.
  std::function<Result<void>(const Intent&)> before_send;
  // Runs on a worker with the CA's answer of whatever status, before `done`; not for a refused
  // nonce, which is no answer.
  std::function<void(const HttpResponse&)> on_answer;
};

struct Answer {
  HttpResponse response;  // 2xx
  HttpsUrl url;           // that was asked: what relative URLs are relative to
};

// Thread-safe. Everything given to the constructor must outlive the client and its pending calls.
class Client {
 public:
  struct Deps {
    HttpClient& http;
    Clock& clock;
    Executor& workers;  // `done` and signing run here
  };
  struct Options {
    HttpsUrl directory;
    std::vector<HttpsUrl> extra_origins;
    // Of one call with everything it needs first: directory, nonce, refused nonces. A lease must
    // outlast it.
    std::chrono::milliseconds timeout{15'000};
    std::chrono::milliseconds sign_timeout{10'000};
  };
  using Done = UniqueFunction<void(Result<Answer>)>;

  Client(Options options, Deps deps);
  ~Client();

  // Signs with `signer` and sends. Call it on a worker. `done` runs exactly once, on a worker.
  //
  // Errors: what the CA said, typed (acme/problem.h) · kCaUnavailable, kOutcomeUnknown,
  // kCaBadAnswer from the exchange · kCaBadNonce (ten nonces in a row refused) · kHsm… from the
  // signer · whatever before_send said.
  void Send(SignedCall call, Signer& signer, Done done);

  // Sends a request again that is on record as signed, octet for octet; what it does at the CA
  // happens at most once, because its nonce is spent at most once. kCaBadNonce: spent, or
  // forgotten: the CA may have acted on it before.
  // `on_answer` as in SignedCall.
  void SendAgain(const Intent& intent, std::function<void(const HttpResponse&)> on_answer,
                 Done done);

  // The CA's directory, from the cache or fetched; `done` on a worker.
  void GetDirectory(UniqueFunction<void(Result<Directory>)> done);

  // What the CA says about renewing the certificate of that RenewalCertificateId: a plain GET,
  // neither signed nor with a nonce (RFC 9773 §4.1). `done` exactly once, on a worker.
  //
  // kNotFound: the CA has no renewal information, or none on this certificate · kCaBadAnswer: no
  // usable RenewalInfo · as Send otherwise.
  void GetRenewalInfo(const std::string& certificate_id,
                      UniqueFunction<void(Result<RenewalInfo>)> done);

  const Options& options() const { return options_; }
  const OriginGate& gate() const { return gate_; }

 private:
  struct Exchange;
  using ExchangePtr = std::shared_ptr<Exchange>;

  void AskRenewalInfo(const HttpsUrl& url, UniqueFunction<void(Result<RenewalInfo>)> done);
  void Resolve(const ExchangePtr& exchange);
  void TakeNonce(const ExchangePtr& exchange);
  void FetchNonce(const ExchangePtr& exchange, const HttpsUrl& new_nonce);
  void SignAndPost(const ExchangePtr& exchange, Nonce nonce);
  void OnAnswer(const ExchangePtr& exchange, Result<HttpResponse> result);

  const Options options_;
  const Deps deps_;
  const OriginGate gate_;
  NoncePool nonces_;
  std::unique_ptr<DirectoryCache> directory_;
};

}  // namespace certbroker::acme
