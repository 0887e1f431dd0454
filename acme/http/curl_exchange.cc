#include "acme/http/curl_exchange.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker::acme {
namespace {

constexpr std::chrono::milliseconds kShortestTimeout{1};
constexpr long kConnectTimeoutMs = 10'000;
// Well under what servers grant an idle connection (nginx 75 s), so that few die under a request.
constexpr long kMaxIdleSeconds = 30;
// So that a busy connection too meets the CA's present addresses now and then.
constexpr long kMaxLifetimeSeconds = 600;
constexpr unsigned kUnacknowledgedMs = 20'000;

// An option that this libcurl does not take is a build against the wrong library.
template <class Value>
void Set(CURL* handle, CURLoption option, Value value) {
  CERTBROKER_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

// curl keeps an HTTP/2 connection after a timeout of one of its streams. When a firewall has
// forgotten it, every further request would wait there for nothing until TCP gives up, after about
// a quarter of an hour.
int PrepareSocket(void* /*context*/, curl_socket_t socket, curlsocktype /*purpose*/) {
  const int set = setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
                             sizeof(kUnacknowledgedMs));
  return set == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

std::string_view MethodName(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kHead:
      return "HEAD";
    case HttpMethod::kPost:
      return "POST";
  }
  CERTBROKER_CHECK(false);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// What an operator can do about it.
std::string_view Advice(CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the issuer's directory URL and the name servers of this host";
    case CURLE_COULDNT_CONNECT:
      return "check that this host may connect to the CA";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
      return "check the issuer's ca_file and that nobody intercepts TLS";
    case CURLE_SSL_CACERT_BADFILE:
      return "the issuer's ca_file cannot be read as PEM";
    default:
      return "it will be tried again";
  }
}

}  // namespace

CurlExchange::CurlExchange(const CurlClientOptions& options, HttpRequest request,
                           HttpClient::Done done)
    : options_(options),
      request_(std::move(request)),
      done_(std::move(done)),
      handle_(curl_easy_init()) {
  CERTBROKER_CHECK(handle_ != nullptr);
  SetCommonOptions();
  SetTlsOptions();
  SetBounds();
  SetRequest();
}

void CurlExchange::SetCommonOptions() {
  CURL* curl = handle();
  Set(curl, CURLOPT_ERRORBUFFER, trouble_.data());
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  // Nothing but https to exactly the URL that was signed, straight to its host.
  Set(curl, CURLOPT_PROTOCOLS_STR, "https");
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_PATH_AS_IS, 1L);
  Set(curl, CURLOPT_PROXY, "");
  Set(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  Set(curl, CURLOPT_PIPEWAIT, 1L);  // rather a stream on a connection than another connection
  Set(curl, CURLOPT_SOCKOPTFUNCTION, &PrepareSocket);
  Set(curl, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  Set(curl, CURLOPT_MAXLIFETIME_CONN, kMaxLifetimeSeconds);
  // Otherwise the end of an exchange waits for its getaddrinfo(), and every other one with it.
  Set(curl, CURLOPT_QUICK_EXIT, 1L);
}

void CurlExchange::SetTlsOptions() {
  CURL* curl = handle();
  Set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (options_.ca_file.empty()) return;
  Set(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  Set(curl, CURLOPT_CAPATH, static_cast<char*>(nullptr));  // instead of the system's, not besides
}

void CurlExchange::SetBounds() {
  CURL* curl = handle();
  // To curl, 0 is for ever.
  const auto timeout = static_cast<long>(std::max(request_.timeout, kShortestTimeout).count());
  Set(curl, CURLOPT_TIMEOUT_MS, timeout);
  Set(curl, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, kConnectTimeoutMs));
  Set(curl, CURLOPT_LOW_SPEED_LIMIT, options_.low_speed_bytes);
  Set(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.low_speed_time.count()));
  Set(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_body_bytes));
  Set(curl, CURLOPT_HEADERFUNCTION, &CurlExchange::OnHeader);
  Set(curl, CURLOPT_HEADERDATA, this);
  Set(curl, CURLOPT_WRITEFUNCTION, &CurlExchange::OnBody);
  Set(curl, CURLOPT_WRITEDATA, this);
}

void CurlExchange::SetRequest() {
  CURL* curl = handle();
  Set(curl, CURLOPT_URL, request_.url.ToString().c_str());
  if (request_.method == HttpMethod::kHead) Set(curl, CURLOPT_NOBODY, 1L);
  if (request_.method == HttpMethod::kPost) {
    Set(curl, CURLOPT_POST, 1L);
    Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    Set(curl, CURLOPT_READFUNCTION, &CurlExchange::OnRead);
    Set(curl, CURLOPT_READDATA, this);
    Set(curl, CURLOPT_SEEKFUNCTION, &CurlExchange::OnRewind);
    Set(curl, CURLOPT_SEEKDATA, this);
    AddHeader("Expect:");  // one round trip, not two
    AddHeader(fmt::format("Content-Type:{}{}", request_.content_type.empty() ? "" : " ",
                          request_.content_type));
  }
  AddHeader(fmt::format("Accept:{}{}", request_.accept.empty() ? "" : " ", request_.accept));
  Set(curl, CURLOPT_HTTPHEADER, headers_.get());
}

void CurlExchange::AddHeader(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  CERTBROKER_CHECK(longer != nullptr);
  static_cast<void>(headers_.release());
  headers_.reset(longer);
}

std::size_t CurlExchange::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  return static_cast<CurlExchange*>(self)->TakeHeader(line) ? line.size() : 0;
}

bool CurlExchange::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > options_.max_header_bytes) {
    over_ = "header fields";
    return false;
  }
  // A status line begins an answer; what came before belongs to a 1xx (RFC 9110 §15.2).
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    headers_ended_ = false;
    return true;
  }
  if (Trim(line).empty()) headers_ended_ = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(Trim(line.substr(0, colon)));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  response_.headers.emplace_back(std::move(name), Trim(line.substr(colon + 1)));
  return true;
}

std::size_t CurlExchange::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t length = size * count;
  if (length > exchange.request_.max_body_bytes - exchange.response_.body.size()) {
    exchange.over_ = "body";
    return 0;
  }
  exchange.response_.body.append(data, length);
  return length;
}

std::size_t CurlExchange::OnRead(char* out, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::string& body = exchange.request_.body;
  // Asked for more than there is: a second run through the body, which must not happen.
  if (exchange.body_sent_ == body.size()) return CURL_READFUNC_ABORT;
  const std::size_t length = std::min(size * count, body.size() - exchange.body_sent_);
  std::copy_n(body.data() + exchange.body_sent_, length, out);
  exchange.body_sent_ += length;
  return length;
}

int CurlExchange::OnRewind(void* self, curl_off_t offset, int origin) {
  const auto& exchange = *static_cast<CurlExchange*>(self);
  const bool at_begin = exchange.body_sent_ == 0 && offset == 0 && origin == SEEK_SET;
  return at_begin ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

bool CurlExchange::MayHaveArrived() const {
  // A GET or HEAD changes nothing at the CA, wherever it got to (RFC 9110 §9.2.1).
  if (request_.method != HttpMethod::kPost) return false;
  if (!request_.body.empty()) return body_sent_ > 0;
  long header_bytes = 0;
  curl_easy_getinfo(handle(), CURLINFO_REQUEST_SIZE, &header_bytes);
  return header_bytes > 0;
}

Error CurlExchange::Failure(CURLcode code) const {
  const std::string doing =
      fmt::format("{} {}", MethodName(request_.method), request_.url.ToString());
  if (!over_.empty() || code == CURLE_FILESIZE_EXCEEDED) {
    const bool headers = over_ == "header fields";
    return Error(
        Reason::kCaBadAnswer,
        fmt::format("{}: the {} of the CA's answer are over {} octets; the rest was not read",
                    doing, headers ? over_ : "octets of the body",
                    headers ? options_.max_header_bytes : request_.max_body_bytes));
  }
  const std::string why =
      Printable(trouble_[0] != '\0' ? trouble_.data() : curl_easy_strerror(code), 300);
  if (MayHaveArrived()) {
    return Error(Reason::kOutcomeUnknown,
                 fmt::format("{}: {}; the CA may have received the request, so its state must be "
                             "read before acting again",
                             doing, why));
  }
  return Error(Reason::kCaUnavailable, fmt::format("{}: {}; {}", doing, why, Advice(code)));
}

// Whether the answer is known to be complete. curl is content when the connection ends within the
// header fields, and when a body that only the end of the connection delimits ends without a
// close_notify; a Location or the rest of a chain may be missing. HTTP/2 counts its own octets.
bool CurlExchange::IsWhole() const {
  if (!headers_ended_) return false;
  long version = 0;
  curl_easy_getinfo(handle(), CURLINFO_HTTP_VERSION, &version);
  const bool success = response_.status >= 200 && response_.status < 300;
  // The body of a refusal is for people; some proxies send theirs without a length.
  if (!success || version >= CURL_HTTP_VERSION_2_0 || response_.body.empty()) return true;
  return response_.Header("content-length") || response_.Header("transfer-encoding");
}

Result<HttpResponse> CurlExchange::Outcome(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  if (code == CURLE_OK && !IsWhole()) code = CURLE_PARTIAL_FILE;
  if (code != CURLE_OK) return Failure(code);
  return std::move(response_);
}

}  // namespace certbroker::acme
