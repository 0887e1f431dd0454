#include "service/responder/http_responder.h"

#include <microhttpd.h>

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/challenge.h"
#include "inbound/connection_lifetime.h"
#include "inbound/http_exchange.h"
#include "inbound/listen_socket.h"

namespace certbroker {
namespace {

constexpr unsigned kThreads = 4;
constexpr unsigned kMaxConnections = 256;
constexpr unsigned kMaxConnectionsOfOneAddress = 64;
constexpr std::size_t kConnectionMemory = std::size_t{16} * 1024;
constexpr inbound::ListenOption kListen{
    .name = "[responder] listen",
    .port = 80,
    .when_in_use = "let it pass on /.well-known/acme-challenge/, or listen on another address"};

Error CannotServe(std::string_view why) {
  return {Reason::kConfigInvalid, fmt::format("the responder: {}", why)};
}

class MicroHttpResponder final : public HttpResponder {
 public:
  MicroHttpResponder(ChallengeLookup& lookup, Log& log, std::chrono::milliseconds connection_limit)
      : lookup_(lookup), log_(log), lifetime_(connection_limit) {}
  ~MicroHttpResponder() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);  // closes the socket
  }

  Result<void> Serve(inbound::ListenSocket socket) {
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &MicroHttpResponder::OnRequest, this,
        MHD_OPTION_LISTEN_SOCKET, socket.fd.get(), MHD_OPTION_THREAD_POOL_SIZE, kThreads,
        MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        kMaxConnectionsOfOneAddress, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
        MHD_OPTION_NOTIFY_CONNECTION, &inbound::LimitConnection, &lifetime_, MHD_OPTION_END);
    if (daemon_ == nullptr) return CannotServe("libmicrohttpd does not start");
    static_cast<void>(socket.fd.Release());
    port_ = socket.port;
    return {};
  }

  int port() const override { return port_; }

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
      return inbound::Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    return static_cast<MicroHttpResponder*>(self)->AnswerFor(connection, path);
  }

  MHD_Result AnswerFor(MHD_Connection* connection, std::string_view path) {
    const auto name = Identifier::Parse(inbound::HostOf(connection));
    if (!name || !path.starts_with(inbound::kChallengePath) ||
        !IsToken(path.substr(inbound::kChallengePath.size())))
      return inbound::Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    const auto found =
        lookup_.KeyAuthorizationFor(*name, path.substr(inbound::kChallengePath.size()));
    if (!found) {
      log_.Warning("responder", {{"name", name->ToString()}, {"error", found.error().ToString()}});
      return inbound::Answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "try again\n");
    }
    if (!*found) return inbound::Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    return inbound::Answer(connection, MHD_HTTP_OK, **found);
  }

  ChallengeLookup& lookup_;
  Log& log_;
  inbound::ConnectionLifetime lifetime_;
  int port_ = 0;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<HttpResponder>> HttpResponder::Start(
    const std::string& listen, ChallengeLookup& lookup, Log& log,
    std::chrono::milliseconds connection_limit) {
  auto socket = inbound::Listen(listen, kListen);
  if (!socket) return CannotServe(socket.error().detail());
  auto responder = std::make_unique<MicroHttpResponder>(lookup, log, connection_limit);
  RETURN_IF_ERROR(responder->Serve(*std::move(socket)));
  return std::unique_ptr<HttpResponder>(std::move(responder));
}

}  // namespace certbroker
