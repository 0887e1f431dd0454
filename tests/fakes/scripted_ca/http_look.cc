#include "tests/fakes/scripted_ca/http_look.h"

#include <memory>

#include <curl/curl.h>

namespace certbroker::scripted_ca {
namespace {

constexpr long kSeconds = 10;
constexpr long kRedirects = 10;
constexpr std::size_t kLongestBody = 4096;
constexpr long kOk = 200;

using CurlPtr = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using ListPtr = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t KeepBody(const char* data, std::size_t size, std::size_t count, void* out) {
  auto& body = *static_cast<std::string*>(out);
  if (body.size() + size * count > kLongestBody) return 0;
  body.append(data, size * count);
  return size * count;
}

std::string UrlOf(const Question& question) {
  const std::string& name = question.identifier.value;
  const bool bracketed = question.identifier.type == "ip" && name.find(':') != std::string::npos;
  return "http://" + (bracketed ? "[" + name + "]" : name) + "/.well-known/acme-challenge/" +
         question.token;
}

std::string WithoutTrailingSpace(std::string text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

Problem FailedFetch(CURLcode code, const std::string& url) {
  const char* type = code == CURLE_COULDNT_RESOLVE_HOST ? "dns" : "connection";
  return {400, type, "fetching " + url + ": " + curl_easy_strerror(code)};
}

// "::ADDRESS:PORT": whatever the host and port of the URL.
std::string ConnectTo(const std::string& address, std::uint16_t port) {
  const bool bracketed = address.find(':') != std::string::npos;
  return "::" + (bracketed ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace

Verdict Fetch(const Question& question, const std::string& address, std::uint16_t port) {
  const CurlPtr curl(curl_easy_init(), &curl_easy_cleanup);
  const std::string url = UrlOf(question);
  std::string body;
  ListPtr connect_to(nullptr, &curl_slist_free_all);
  connect_to.reset(curl_slist_append(nullptr, ConnectTo(address, port).c_str()));
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, kRedirects);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "scripted-ca validation");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &KeepBody);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return FailedFetch(code, url);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != kOk) {
    return Problem{403, "unauthorized", url + " answered " + std::to_string(status)};
  }
  if (WithoutTrailingSpace(body) == question.key_authorization) return std::nullopt;
  return Problem{403, "incorrectResponse", url + " does not hold the key authorization"};
}

}  // namespace certbroker::scripted_ca
