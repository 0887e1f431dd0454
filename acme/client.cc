#include "acme/client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/directory_cache.h"
#include "acme/problem.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

constexpr int kMaxNonces = 10;  // T9
constexpr int kNotFound = 404;
constexpr std::chrono::milliseconds kShortestExchange{500};

bool IsSuccess(int status) { return status >= 200 && status < 300; }

const HttpsUrl& AddressOf(const Directory& directory, Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kNewAccount:
      return directory.new_account;
    case Endpoint::kNewOrder:
      return directory.new_order;
    case Endpoint::kRevokeCert:
      return directory.revoke_cert;
  }
  CERTBROKER_CHECK(false);
}

// RFC 9773 §4.1: renewalInfo "/" certificate id.
Result<HttpsUrl> RenewalInfoUrl(const Directory& directory, const std::string& certificate_id) {
  if (!directory.renewal_info) {
    return Error(Reason::kNotFound, "the CA offers no renewal information (RFC 9773)");
  }
  std::string_view base = directory.renewal_info->ToString();
  if (base.ends_with('/')) base.remove_suffix(1);
  return HttpsUrl::Parse(fmt::format("{}/{}", base, certificate_id));
}

Result<RenewalInfo> RenewalInfoIn(const Result<HttpResponse>& result, Time now) {
  if (!result) return result.error();
  if (IsSuccess(result->status)) return ReadRenewalInfo(*result, now);
  if (result->status == kNotFound) {
    return Error(Reason::kNotFound, "the CA has no renewal information on this certificate");
  }
  return ToError(*result, now);
}

HttpRequest Post(const HttpsUrl& url, std::string body, std::chrono::milliseconds timeout) {
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.url = url;
  request.body = std::move(body);
  request.content_type = "application/jose+json";  // RFC 8555 §6.2
  request.timeout = timeout;
  return request;
}

}  // namespace

// One call on its way. Only one thread at a time touches it: each step hands it to the next.
struct Client::Exchange {
  SignedCall call;
  Signer& signer;
  Done done;
  SteadyTime deadline;
  HttpsUrl url;
  int nonces_tried = 0;

  std::chrono::milliseconds Left(Clock& clock) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock.Tick());
  }
  // Nothing more is sent; what was sent before is known to have been answered.
  void FailLate() {
    Fail(Error(Reason::kCaUnavailable, "the CA took too long over what this needs first"));
  }
  void Fail(Error error) {
    const std::string doing = fmt::format("{} {}", ToString(call.purpose), url.ToString());
    done(std::move(error).While(doing));
  }
};

Client::Client(Options options, Deps deps)
    : options_(std::move(options)),
      deps_(deps),
      gate_(options_.directory, options_.extra_origins),
      nonces_(deps.clock),
      directory_(std::make_unique<DirectoryCache>(options_.directory, options_.timeout, deps.http,
                                                  deps.clock, deps.workers)) {}

Client::~Client() = default;

void Client::GetDirectory(UniqueFunction<void(Result<Directory>)> done) {
  directory_->Get(std::move(done));
}

void Client::GetRenewalInfo(const std::string& certificate_id,
                            UniqueFunction<void(Result<RenewalInfo>)> done) {
  directory_->Get([this, certificate_id, done = std::move(done)](Result<Directory> got) mutable {
    if (!got) {
      done(std::move(got).error());
      return;
    }
    auto url = RenewalInfoUrl(*got, certificate_id);
    if (!url) {
      done(std::move(url).error());
      return;
    }
    AskRenewalInfo(*url, std::move(done));
  });
}

void Client::AskRenewalInfo(const HttpsUrl& url, UniqueFunction<void(Result<RenewalInfo>)> done) {
  if (auto allowed = gate_.Check(url); !allowed) {
    done(std::move(allowed).error());
    return;
  }
  HttpRequest request;
  request.url = url;
  request.timeout = options_.timeout;
  deps_.http.Send(std::move(request), [this, url, done = std::move(done)](
                                          Result<HttpResponse> result) mutable {
    deps_.workers.Post([this, url, done = std::move(done), result = std::move(result)]() mutable {
      auto info = RenewalInfoIn(result, deps_.clock.Now());
      done(info ? std::move(info) : std::move(info).error().While("GET " + url.ToString()));
    });
  });
}

void Client::Send(SignedCall call, Signer& signer, Done done) {
  Resolve(
      std::make_shared<Exchange>(Exchange{std::move(call), signer, std::move(done),
                                          deps_.clock.Tick() + options_.timeout, HttpsUrl(), 0}));
}

void Client::Resolve(const ExchangePtr& exchange) {
  if (const auto* url = std::get_if<HttpsUrl>(&exchange->call.target)) {
    exchange->url = *url;
    TakeNonce(exchange);
    return;
  }
  directory_->Get([this, exchange](Result<Directory> directory) {
    if (!directory) {
      exchange->Fail(std::move(directory).error());
      return;
    }
    exchange->url = AddressOf(*directory, std::get<Endpoint>(exchange->call.target));
    TakeNonce(exchange);
  });
}

void Client::TakeNonce(const ExchangePtr& exchange) {
  // Every address but the configured directory is the CA's word.
  if (auto allowed = gate_.Check(exchange->url); !allowed) {
    exchange->Fail(std::move(allowed).error());
    return;
  }
  if (auto nonce = nonces_.Take()) {
    SignAndPost(exchange, *std::move(nonce));
    return;
  }
  directory_->Get([this, exchange](Result<Directory> directory) {
    if (!directory) {
      exchange->Fail(std::move(directory).error());
      return;
    }
    FetchNonce(exchange, directory->new_nonce);
  });
}

// RFC 8555 §7.2: HEAD newNonce, only when no answer has left us one.
void Client::FetchNonce(const ExchangePtr& exchange, const HttpsUrl& new_nonce) {
  if (auto allowed = gate_.Check(new_nonce); !allowed) {
    exchange->Fail(std::move(allowed).error());
    return;
  }
  HttpRequest request;
  request.method = HttpMethod::kHead;
  request.url = new_nonce;
  request.timeout = exchange->Left(deps_.clock);
  if (request.timeout.count() <= 0) {
    exchange->FailLate();
    return;
  }
  deps_.http.Send(std::move(request), [this, exchange](Result<HttpResponse> result) {
    deps_.workers.Post([this, exchange, result = std::move(result)]() mutable {
      if (!result) {
        exchange->Fail(std::move(result).error().While("asking for a nonce"));
        return;
      }
      // tN4: an overloaded CA says so here too; that is not the same as having no nonce.
      if (!IsSuccess(result->status)) {
        exchange->Fail(ToError(*result, deps_.clock.Now()).While("asking for a nonce"));
        return;
      }
      auto nonce = NonceOf(*result);
      if (!nonce) {
        exchange->Fail(
            Error(Reason::kCaBadAnswer, "newNonce answered without a usable Replay-Nonce"));
        return;
      }
      SignAndPost(exchange, *std::move(nonce));
    });
  });
}

void Client::SignAndPost(const ExchangePtr& exchange, Nonce nonce) {
  const SignedCall& call = exchange->call;
  if (exchange->Left(deps_.clock).count() <= 0) {
    exchange->FailLate();
    return;
  }
  ++exchange->nonces_tried;
  auto body = exchange->signer.Sign(
      {.purpose = call.purpose,
       .url = exchange->url,
       .nonce = std::move(nonce),
       .account_url = call.account_url,
       .payload = call.payload,
       .subject = call.subject,
       .agent = call.agent,
       .request_id = call.request_id},
      std::min(exchange->deadline, deps_.clock.Tick() + options_.sign_timeout));
  if (!body) {
    exchange->Fail(std::move(body).error());
    return;
  }
  if (call.before_send) {
    if (auto recorded = call.before_send({call.purpose, exchange->url, *body}); !recorded) {
      // Ours, not the CA's: no context of an exchange that did not take place.
      exchange->done(std::move(recorded).error());
      return;
    }
  }
  // On record as sent from here on: it gets a moment even when the HSM took all the time there was.
  HttpRequest request = Post(exchange->url, *std::move(body),
                             std::max(exchange->Left(deps_.clock), kShortestExchange));
  request.accept = call.accept;
  request.max_body_bytes = call.max_body_bytes;
  deps_.http.Send(std::move(request), [this, exchange](Result<HttpResponse> result) {
    deps_.workers.Post([this, exchange, result = std::move(result)]() mutable {
      OnAnswer(exchange, std::move(result));
    });
  });
}

void Client::OnAnswer(const ExchangePtr& exchange, Result<HttpResponse> result) {
  if (!result) {
    exchange->Fail(std::move(result).error());
    return;
  }
  if (IsBadNonce(*result) && exchange->nonces_tried < kMaxNonces) {
    // RFC 8555 §6.5: retry with the nonce of the error response. The others are most likely
    // forgotten too (T9).
    nonces_.Purge();
    if (auto nonce = NonceOf(*result)) {
      SignAndPost(exchange, *std::move(nonce));
    } else {
      TakeNonce(exchange);
    }
    return;
  }
  nonces_.Harvest(*result);
  if (exchange->call.on_answer) exchange->call.on_answer(*result);
  if (!IsSuccess(result->status)) {
    if (result->status == kNotFound && std::holds_alternative<Endpoint>(exchange->call.target))
      directory_->Forget();
    exchange->Fail(ToError(*result, deps_.clock.Now()));
    return;
  }
  exchange->done(Answer{*std::move(result), exchange->url});
}

// The address is the row's, and a row can be written by others (T34).
void Client::SendAgain(const Intent& intent, std::function<void(const HttpResponse&)> on_answer,
                       Done done) {
  if (auto allowed = gate_.Check(intent.url); !allowed) {
    done(std::move(allowed).error());
    return;
  }
  HttpRequest request = Post(intent.url, intent.jws, options_.timeout);
  // Two hops, one `done`: shared, because a callback is moved from the loop's thread to a worker.
  auto shared = std::make_shared<Done>(std::move(done));
  auto finish = [this, shared, on_answer = std::move(on_answer),
                 url = intent.url](Result<HttpResponse> result) {
    if (!result) {
      (*shared)(std::move(result).error());
      return;
    }
    nonces_.Harvest(*result);
    if (!IsBadNonce(*result)) on_answer(*result);
    if (!IsSuccess(result->status)) {
      (*shared)(ToError(*result, deps_.clock.Now()));
      return;
    }
    (*shared)(Answer{*std::move(result), url});
  };
  deps_.http.Send(
      std::move(request), [this, finish = std::move(finish)](Result<HttpResponse> result) {
        deps_.workers.Post(
            [finish, result = std::move(result)]() mutable { finish(std::move(result)); });
      });
}

}  // namespace certbroker::acme
