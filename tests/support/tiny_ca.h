// tests/support/tiny_ca.h: an ACME server in memory, behind a FakeHttpClient: correct, small, and
// with a count of everything.
//
//   TinyCa ca;
//   http.Handle([&](const HttpRequest& request) { return ca.Handle(request); });
//
// For tests of the engine, which lose its answers and kill its client; tests of the protocol use
// Pebble. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme/json.h"
#include "core/bytes.h"
#include "core/ports/http_client.h"
#include "tests/support/tiny_ca_signing.h"

namespace certbroker {

class TinyCa {
 public:
  struct Order {
    std::vector<std::string> names;
    std::string replaces;
    bool finalized = false;
    bool reads_ready_first = false;
    Bytes csr;
    std::string certificate;
  };

  Result<HttpResponse> Handle(const HttpRequest& request);

  // Asked before an answer leaves: what it returns is sent instead. The request has been acted
  // upon.
  using Tamper =
      std::function<std::optional<Result<HttpResponse>>(const HttpRequest&, const HttpResponse&)>;
  void TamperWith(Tamper tamper) { tamper_ = std::move(tamper); }

  const std::string& root_pem() const { return root_.pem(); }
  const std::vector<Order>& orders() const { return orders_; }
  int accounts() const { return accounts_; }
  int certificates() const { return certificates_; }
  int revocations() const { return revocations_; }
  // Requests whose path begins so.
  int Count(const std::string& path) const;
  // Until set, challenges that were responded to stay pending.
  void ValidateNames(bool validate) { validate_ = validate; }
  // Whether an order is "valid" in the very answer to finalize, or only when asked again.
  void IssueAtOnce(bool at_once) { at_once_ = at_once; }

 private:
  HttpResponse Answer(const HttpRequest& request);
  HttpResponse Post(const std::string& path, const acme::JsonValue& payload);
  HttpResponse NewOrder(const acme::JsonValue& payload);
  HttpResponse OrderAnswer(std::size_t id, int status) const;
  HttpResponse AuthorizationAnswer(const std::string& id) const;
  HttpResponse Finalize(std::size_t id, const acme::JsonValue& payload);
  std::string StatusOf(std::size_t id) const;

  TinyRoot root_;
  Tamper tamper_;
  std::vector<Order> orders_;
  std::map<std::string, bool> responded_;  // authorization → the client asked to validate
  std::set<std::string> nonces_;
  std::set<std::string> revoked_;
  std::vector<std::string> paths_;
  int accounts_ = 0;
  int certificates_ = 0;
  int revocations_ = 0;
  int next_nonce_ = 0;
  bool validate_ = true;
  bool at_once_ = false;
};

}  // namespace certbroker
