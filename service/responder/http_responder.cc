#include "service/responder/http_responder.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/unique_fd.h"

namespace certbroker {
namespace {

constexpr std::string_view kPrefix = "/.well-known/acme-challenge/";
constexpr unsigned kThreads = 4;
constexpr unsigned kMaxConnections = 256;
constexpr unsigned kMaxConnectionsOfOneAddress = 64;
constexpr unsigned kTimeoutSeconds = 10;
constexpr std::size_t kConnectionMemory = std::size_t{16} * 1024;
constexpr std::size_t kMaxToken = 512;

// RFC 8555 §8: base64url characters.
bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kMaxToken && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// Host without its port, and without the brackets of an IPv6 address (RFC 9110 §7.2).
std::string_view HostOf(MHD_Connection* connection) {
  const char* value =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
  const std::string_view host = value == nullptr ? "" : value;
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

MHD_Result Answer(MHD_Connection* connection, unsigned status, std::string_view body) {
  MHD_Response* response = MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()),  // NOLINT: copied
      MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

Error CannotListen(const std::string& listen, std::string_view why) {
  return {Reason::kConfigInvalid,
          fmt::format("the responder cannot listen on {}: {}", listen, why)};
}

Result<UniqueFd> Bind(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), listen.c_str() + colon + 1, &hints, &list);
  if (code != 0) return CannotListen(listen, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(list, &::freeaddrinfo);
  UniqueFd socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!socket.valid() ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(socket.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return CannotListen(listen, std::generic_category().message(errno));
  }
  return socket;
}

class MicroHttpResponder final : public HttpResponder {
 public:
  MicroHttpResponder(ChallengeLookup& lookup, Log& log) : lookup_(lookup), log_(log) {}
  ~MicroHttpResponder() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);  // closes the socket
  }

  Result<void> Listen(const std::string& listen) {
    ASSIGN_OR_RETURN(UniqueFd socket, Bind(listen));
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &MicroHttpResponder::OnRequest, this,
        MHD_OPTION_LISTEN_SOCKET, socket.get(), MHD_OPTION_THREAD_POOL_SIZE, kThreads,
        MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        kMaxConnectionsOfOneAddress, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END);
    if (daemon_ == nullptr) return CannotListen(listen, "libmicrohttpd does not start");
    static_cast<void>(socket.Release());
    return {};
  }

  int port() const override {
    const auto* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    return info == nullptr ? 0 : info->port;
  }

 private:
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              std::size_t* upload_size, void** state) {
    // The first call comes with the head, before any body.
    if (*state == nullptr) {
      *state = self;
      return MHD_YES;
    }
    if (*upload_size != 0) {
      *upload_size = 0;
      return MHD_YES;
    }
    const std::string_view verb = method;
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
      return Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    return static_cast<MicroHttpResponder*>(self)->AnswerFor(connection, path);
  }

  MHD_Result AnswerFor(MHD_Connection* connection, std::string_view path) {
    const auto name = Identifier::Parse(HostOf(connection));
    if (!name || !path.starts_with(kPrefix) || !IsToken(path.substr(kPrefix.size())))
      return Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    const auto found = lookup_.KeyAuthorizationFor(*name, path.substr(kPrefix.size()));
    if (!found) {
      log_.Warning("responder", {{"name", name->ToString()}, {"error", found.error().ToString()}});
      return Answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "try again\n");
    }
    if (!*found) return Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    return Answer(connection, MHD_HTTP_OK, **found);
  }

  ChallengeLookup& lookup_;
  Log& log_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<HttpResponder>> HttpResponder::Start(const std::string& listen,
                                                            ChallengeLookup& lookup, Log& log) {
  auto responder = std::make_unique<MicroHttpResponder>(lookup, log);
  RETURN_IF_ERROR(responder->Listen(listen));
  return std::unique_ptr<HttpResponder>(std::move(responder));
}

}  // namespace certbroker
