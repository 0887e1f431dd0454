#include "tests/fakes/scripted_ca/raw_client.h"

#include <algorithm>
#include <string_view>

#include <curl/curl.h>

#include "core/check.h"

namespace certbroker::scripted_ca {
namespace {

constexpr long kTimeoutSeconds = 20;

std::size_t OnBody(const char* data, std::size_t size, std::size_t count, void* reply) {
  static_cast<Reply*>(reply)->body.append(data, size * count);
  return size * count;
}

std::size_t OnHeader(const char* data, std::size_t size, std::size_t count, void* reply) {
  const std::string line(data, size * count);
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) return size * count;
  std::string name = line.substr(0, colon);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t from = line.find_first_not_of(' ', colon + 1);
  const std::size_t to = line.find_last_not_of("\r\n");
  const bool empty = from == std::string::npos || from > to;
  static_cast<Reply*>(reply)->headers.emplace_back(std::move(name),
                                                   empty ? "" : line.substr(from, to - from + 1));
  return size * count;
}

std::size_t OnUpload(char* out, std::size_t size, std::size_t count, void* state) {
  auto& rest = *static_cast<std::string_view*>(state);
  const std::size_t taken = rest.copy(out, size * count);
  rest.remove_prefix(taken);
  return taken;
}

Json Identifiers(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) {
    const bool digits = name.find_first_not_of("0123456789.") == std::string::npos;
    const bool address = digits || name.find(':') != std::string::npos;
    list.push_back({{"type", address ? "ip" : "dns"}, {"value", name}});
  }
  return list;
}

}  // namespace

std::string Reply::Header(const std::string& name) const {
  const auto all = Headers(name);
  return all.empty() ? "" : all.front();
}

std::vector<std::string> Reply::Headers(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : headers) {
    if (key == name) values.push_back(value);
  }
  return values;
}

Json Reply::json() const {
  Json parsed = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? Json() : parsed;
}

std::string Reply::problem() const {
  if (Header("content-type") != "application/problem+json") return {};
  const std::string type = json().value("type", "");
  return type.substr(type.rfind(':') + 1);
}

RawClient::RawClient(const std::string& directory_url, const std::string& tls_root_pem,
                     ClientKey key)
    : key_(std::move(key)), tls_root_pem_(tls_root_pem), curl_(curl_easy_init()) {
  CERTBROKER_CHECK(curl_ != nullptr);
  directory_ = Get(directory_url).json();
}

RawClient::~RawClient() { curl_easy_cleanup(curl_); }

Reply RawClient::Perform(const std::string& url) {
  Reply reply;
  curl_blob roots{tls_root_pem_.data(), tls_root_pem_.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_CAINFO_BLOB, &roots);
  curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "raw-client");
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &reply);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &reply);
  if (curl_easy_perform(curl_) != CURLE_OK) return {};
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  const std::string nonce = reply.Header("replay-nonce");
  if (!nonce.empty()) nonces_.push_back(nonce);
  return reply;
}

Reply RawClient::Get(const std::string& url) {
  curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
  return Perform(url);
}

Reply RawClient::Head(const std::string& url) {
  curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  Reply reply = Perform(url);
  curl_easy_setopt(curl_, CURLOPT_NOBODY, 0L);
  return reply;
}

Reply RawClient::PostBody(const std::string& url, const std::string& body,
                          const std::string& content_type) {
  curl_slist* headers = curl_slist_append(nullptr, ("Content-Type: " + content_type).c_str());
  // Without this curl waits for leave to send long bodies.
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl_, CURLOPT_POST, 1L);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  // Not CURLOPT_POSTFIELDS: what curl has itself it sends again, unasked, when a kept connection
  // ends without an answer. What it would have to rewind it does not.
  std::string_view rest = body;
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, nullptr);
  curl_easy_setopt(curl_, CURLOPT_READFUNCTION, &OnUpload);
  curl_easy_setopt(curl_, CURLOPT_READDATA, &rest);
  Reply reply = Perform(url);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nullptr);
  curl_slist_free_all(headers);
  return reply;
}

std::string RawClient::Nonce() {
  if (nonces_.empty()) Head(At("newNonce"));
  if (nonces_.empty()) return {};
  std::string nonce = nonces_.back();
  nonces_.pop_back();
  return nonce;
}

std::string RawClient::Sign(const std::string& url, const std::string& payload,
                            const Envelope& envelope) {
  Json header = {{"alg", envelope.algorithm.value_or(key_.algorithm())},
                 {"nonce", envelope.nonce ? *envelope.nonce : Nonce()},
                 {"url", envelope.url.value_or(url)}};
  if (envelope.use_jwk) {
    header["jwk"] = key_.Jwk();
  } else {
    header["kid"] = account_;
  }
  if (!envelope.more.is_null()) header.merge_patch(envelope.more);
  const std::string protected_header = Base64Url(AsBytes(header.dump()));
  const std::string body = Base64Url(AsBytes(payload));
  Bytes signature = key_.Sign(protected_header + "." + body);
  if (envelope.break_signature) signature.back() ^= 1;
  return Json{
      {"protected", protected_header}, {"payload", body}, {"signature", Base64Url(signature)}}
      .dump();
}

Reply RawClient::Post(const std::string& url, const std::string& payload,
                      const Envelope& envelope) {
  return PostBody(url, Sign(url, payload, envelope), envelope.content_type);
}

Reply RawClient::Register(const Json& more) {
  Json payload = {{"termsOfServiceAgreed", true}};
  payload.merge_patch(more);
  Reply reply = Post(At("newAccount"), payload.dump(), {.use_jwk = true});
  if (reply.status == 200 || reply.status == 201) account_ = reply.Header("location");
  return reply;
}

Reply RawClient::NewOrder(const std::vector<std::string>& names, const Json& more) {
  Json payload = {{"identifiers", Identifiers(names)}};
  payload.merge_patch(more);
  return Post(At("newOrder"), payload.dump());
}

void RawClient::Prove(const Json& order) {
  for (const Json& url : order.value("authorizations", Json::array())) {
    const Json authorization = Post(url, "").json();
    if (authorization.value("status", "") != "pending") continue;
    Post(authorization["challenges"][0]["url"], "{}");
  }
}

Reply RawClient::Finalize(const Json& order, const Bytes& csr) {
  return Post(order.value("finalize", ""), Json{{"csr", Base64Url(csr)}}.dump());
}

Reply RawClient::Issue(const std::vector<std::string>& names, const Json& more) {
  const Json order = NewOrder(names, more).json();
  Prove(order);
  const Reply finalized = Finalize(order, MakeCsr(ClientKey::P256(), names));
  return Post(finalized.json().value("certificate", ""), "");
}

}  // namespace certbroker::scripted_ca
