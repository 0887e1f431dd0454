#include "tests/support/tiny_ca.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::string_view kOrigin = "https://ca.test";

HttpResponse Json(int status, std::string body) {
  return {
      .status = status, .headers = {{"content-type", "application/json"}}, .body = std::move(body)};
}

HttpResponse Problem(int status, const std::string& type) {
  return {.status = status,
          .headers = {{"content-type", "application/problem+json"}},
          .body = fmt::format(R"({{"type":"urn:ietf:params:acme:error:{}","detail":"{}"}})", type,
                              type)};
}

std::string Decoded(const acme::JsonValue& object, std::string_view member) {
  const std::string* text = object[member].AsString();
  const auto bytes = text == nullptr ? std::nullopt : FromBase64Url(*text);
  return bytes ? std::string(AsText(*bytes)) : "";
}

std::size_t IdIn(const std::string& path) {
  return static_cast<std::size_t>(std::stoul(path.substr(path.rfind('/') + 1)));
}

}  // namespace

int TinyCa::Count(const std::string& path) const {
  return static_cast<int>(std::ranges::count_if(
      paths_, [&](const std::string& seen) { return seen.starts_with(path); }));
}

Result<HttpResponse> TinyCa::Handle(const HttpRequest& request) {
  HttpResponse response = Answer(request);
  const std::string nonce = fmt::format("nonce{}", next_nonce_++);
  nonces_.insert(nonce);
  response.headers.emplace_back("replay-nonce", nonce);
  if (tamper_) {
    if (auto instead = tamper_(request, response)) return *std::move(instead);
  }
  return response;
}

HttpResponse TinyCa::Answer(const HttpRequest& request) {
  const std::string path = request.url.ToString().substr(kOrigin.size());
  paths_.push_back(path);
  if (path == "/dir") {
    return Json(
        200,
        fmt::format(
            R"({{"newNonce":"{0}/nonce","newAccount":"{0}/account","newOrder":"{0}/new-order",)"
            R"("revokeCert":"{0}/revoke"}})",
            kOrigin));
  }
  if (path == "/nonce") return {.status = 200, .headers = {}, .body = ""};
  const auto jws = acme::ParseJsonObject(request.body);
  if (!jws) return Problem(400, "malformed");
  const auto header = acme::ParseJsonObject(Decoded(*jws, "protected"));
  // RFC 8555 §6.5: each nonce works once; that is checked before anything else.
  if (!header || nonces_.erase(*(*header)["nonce"].AsString()) == 0)
    return Problem(400, "badNonce");
  const std::string payload = Decoded(*jws, "payload");
  return Post(path, acme::ParseJsonObject(payload.empty() ? "{}" : payload).value());
}

HttpResponse TinyCa::Post(const std::string& path, const acme::JsonValue& payload) {
  if (path == "/account") {
    ++accounts_;
    HttpResponse response = Json(accounts_ == 1 ? 201 : 200, R"({"status":"valid"})");
    response.headers.emplace_back("location", fmt::format("{}/account/1", kOrigin));
    return response;
  }
  if (path == "/new-order") return NewOrder(payload);
  if (path == "/revoke") {
    const bool first = revoked_.insert(*payload["certificate"].AsString()).second;
    if (first) ++revocations_;
    return first ? Json(200, "") : Problem(400, "alreadyRevoked");
  }
  if (path.starts_with("/order/")) return OrderAnswer(IdIn(path), 200);
  if (path.starts_with("/authz/")) return AuthorizationAnswer(path.substr(7));
  if (path.starts_with("/chall/")) {
    responded_[path.substr(7)] = true;
    return Json(
        200, fmt::format(R"({{"type":"http-01","url":"{}{}","status":"processing","token":"t"}})",
                         kOrigin, path));
  }
  if (path.starts_with("/finalize/")) return Finalize(IdIn(path), payload);
  if (path.starts_with("/cert/")) {
    return {.status = 200,
            .headers = {{"content-type", "application/pem-certificate-chain"}},
            .body = orders_.at(IdIn(path)).certificate};
  }
  return Problem(404, "malformed");
}

HttpResponse TinyCa::NewOrder(const acme::JsonValue& payload) {
  Order order;
  for (const acme::JsonValue& identifier : *payload["identifiers"].AsArray()) {
    order.names.push_back(*identifier["value"].AsString());
  }
  if (const auto* replaces = payload["replaces"].AsString(); replaces != nullptr)
    order.replaces = *replaces;
  orders_.push_back(std::move(order));
  HttpResponse response = OrderAnswer(orders_.size() - 1, 201);
  response.headers.emplace_back("location",
                                fmt::format("{}/order/{}", kOrigin, orders_.size() - 1));
  return response;
}

std::string TinyCa::StatusOf(std::size_t id) const {
  const Order& order = orders_.at(id);
  if (order.finalized) return "valid";
  for (std::size_t i = 0; i < order.names.size(); ++i) {
    const auto found = responded_.find(fmt::format("{}-{}", id, i));
    if (!validate_ || found == responded_.end()) return "pending";
  }
  return "ready";
}

HttpResponse TinyCa::OrderAnswer(std::size_t id, int status) const {
  const Order& order = orders_.at(id);
  std::string identifiers;
  std::string authorizations;
  for (std::size_t i = 0; i < order.names.size(); ++i) {
    const char* comma = i == 0 ? "" : ",";
    identifiers += fmt::format(R"({}{{"type":"dns","value":"{}"}})", comma, order.names[i]);
    authorizations += fmt::format(R"({}"{}/authz/{}-{}")", comma, kOrigin, id, i);
  }
  std::string body = fmt::format(
      R"({{"status":"{}","identifiers":[{}],"authorizations":[{}],"finalize":"{}/finalize/{}")",
      StatusOf(id), identifiers, authorizations, kOrigin, id);
  if (!order.replaces.empty()) body += fmt::format(R"(,"replaces":"{}")", order.replaces);
  if (order.finalized) body += fmt::format(R"(,"certificate":"{}/cert/{}")", kOrigin, id);
  return Json(status, body + "}");
}

HttpResponse TinyCa::AuthorizationAnswer(const std::string& id) const {
  const std::size_t dash = id.find('-');
  const Order& order = orders_.at(std::stoul(id.substr(0, dash)));
  const std::string& name = order.names.at(std::stoul(id.substr(dash + 1)));
  const bool valid = validate_ && responded_.contains(id);
  return Json(
      200,
      fmt::format(
          R"({{"identifier":{{"type":"dns","value":"{0}"}},"status":"{1}","challenges":[)"
          R"({{"type":"http-01","url":"{2}/chall/{3}","status":"pending","token":"token-{3}"}}]}})",
          name, valid ? "valid" : "pending", kOrigin, id));
}

HttpResponse TinyCa::Finalize(std::size_t id, const acme::JsonValue& payload) {
  if (StatusOf(id) != "ready") return Problem(403, "orderNotReady");
  Order& order = orders_.at(id);
  order.csr = FromBase64Url(*payload["csr"].AsString()).value();
  order.certificate = root_.Sign(order.csr, 1000 + ++certificates_);
  order.finalized = true;
  if (at_once_) return OrderAnswer(id, 200);
  HttpResponse response = OrderAnswer(id, 200);
  response.body.replace(response.body.find("\"valid\""), 7, "\"processing\"");
  return response;
}

}  // namespace certbroker
