#include "tests/fakes/scripted_ca/web_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <gnutls/gnutls.h>

#include "tests/fakes/scripted_ca/exchange.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kLargestRequest = std::size_t{1} << 20;
// Room for hostile headers; the library clears all of it after each request.
constexpr std::size_t kMemoryPerConnection = std::size_t{64} << 10;
constexpr unsigned kConnectionLimit = 20'000;
constexpr std::size_t kBlock = 16'384;
constexpr std::size_t kTurnsPerSecond = 10;
constexpr std::chrono::milliseconds kTurn{1000 / kTurnsPerSecond};
constexpr std::chrono::seconds kRawTime{5};

// One request, from its first line to the end of its answer.
struct Pending {
  enum class Phase { kHead, kBody, kPlanned, kCarried };
  Phase phase = Phase::kHead;
  Request request;
  Plan plan;
  Delivery delivery;
};

std::string HeaderOf(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

std::string PeerOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return "unknown";
  const socklen_t size =
      info->client_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::array<char, NI_MAXHOST> text{};
  ::getnameinfo(info->client_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return text.data();
}

// A body that comes slowly, or ends before its length.
struct BadBody {
  std::string text;
  std::size_t end;
  std::size_t per_turn;  // octets; 0: all at once
  bool rested;
  Alarm& alarm;
  MHD_Connection* connection;
};

ssize_t ReadBadBody(void* state, std::uint64_t position, char* out, std::size_t most) {
  auto& body = *static_cast<BadBody*>(state);
  if (position >= body.end) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (body.per_turn != 0 && !std::exchange(body.rested, !body.rested)) {
    return body.alarm.Sleep(body.connection, kTurn) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
  }
  std::size_t size = std::min<std::size_t>(most, body.end - position);
  if (body.per_turn != 0) size = std::min(size, body.per_turn);
  std::memcpy(out, body.text.data() + position, size);
  return static_cast<ssize_t>(size);
}

void FreeBadBody(void* state) { delete static_cast<BadBody*>(state); }

MHD_Response* MakeBody(MHD_Connection* connection, Delivery& delivery, Alarm& alarm) {
  std::string& body = delivery.response.body;
  const std::size_t size = body.size();
  const std::size_t end = std::min(size, delivery.cut_after.value_or(size));
  if (end == size && delivery.octets_per_second == 0) {
    return MHD_create_response_from_buffer(size, body.data(), MHD_RESPMEM_MUST_COPY);
  }
  std::size_t per_turn = 0;
  if (delivery.octets_per_second != 0) {
    per_turn = std::max<std::size_t>(1, delivery.octets_per_second / kTurnsPerSecond);
  }
  auto* bad = new BadBody{std::move(body), end, per_turn, false, alarm, connection};
  return MHD_create_response_from_callback(size, kBlock, &ReadBadBody, bad, &FreeBadBody);
}

MHD_Result Queue(MHD_Connection* connection, Delivery& delivery, Alarm& alarm) {
  MHD_Response* response = MakeBody(connection, delivery, alarm);
  if (response == nullptr) return MHD_NO;
  const Response& answer = delivery.response;
  if (!answer.content_type.empty()) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  }
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

// Past the library, which only writes good HTTP. Blocks the loop for a moment when the client is
// slow to read.
void SendRaw(MHD_Connection* connection, std::string_view octets) {
  const auto* tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (tls == nullptr || fd == nullptr) return;
  auto* session = static_cast<gnutls_session_t>(tls->tls_session);
  const auto until = std::chrono::steady_clock::now() + kRawTime;
  while (!octets.empty() && std::chrono::steady_clock::now() < until) {
    const ssize_t sent = gnutls_record_send(session, octets.data(), octets.size());
    if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED) {
      pollfd writable{fd->connect_fd, POLLOUT, 0};
      ::poll(&writable, 1, static_cast<int>(kTurn.count()));
    } else if (sent <= 0) {
      return;
    } else {
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  gnutls_bye(session, GNUTLS_SHUT_WR);
}

}  // namespace

struct WebServer::Callbacks {
  // The only place where the target is still as it was sent.
  static void* OnTarget(void* /*self*/, const char* target, MHD_Connection* /*connection*/) {
    auto* pending = new Pending;
    pending->request.target = target;
    return pending;
  }

  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* /*path*/,
                              const char* method, const char* /*version*/, const char* upload,
                              std::size_t* upload_size, void** state) {
    auto& pending = *static_cast<Pending*>(*state);
    if (pending.phase == Pending::Phase::kHead) {
      pending.phase = Pending::Phase::kBody;
      pending.request.method = method;
      return MHD_YES;
    }
    if (*upload_size != 0) {
      if (pending.request.body.size() + *upload_size > kLargestRequest) return MHD_NO;
      pending.request.body.append(upload, std::exchange(*upload_size, 0));
      return MHD_YES;
    }
    return Proceed(*static_cast<WebServer*>(self), connection, pending);
  }

  // MHD_NO closes the connection. Comes again after each sleep.
  static MHD_Result Proceed(WebServer& server, MHD_Connection* connection, Pending& pending) {
    if (pending.phase == Pending::Phase::kBody) {
      pending.request.content_type = HeaderOf(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
      pending.request.user_agent = HeaderOf(connection, MHD_HTTP_HEADER_USER_AGENT);
      pending.request.address = PeerOf(connection);
      pending.plan = MakePlan(server.ca_, pending.request);
      pending.phase = Pending::Phase::kPlanned;
      const auto delay = pending.plan.delay_before();
      if (delay.count() > 0) return server.alarm_.Sleep(connection, delay) ? MHD_YES : MHD_NO;
    }
    if (pending.phase == Pending::Phase::kPlanned) {
      pending.delivery = Carry(server.ca_, pending.request, pending.plan);
      pending.phase = Pending::Phase::kCarried;
      const auto delay = pending.delivery.delay;
      if (delay.count() > 0) return server.alarm_.Sleep(connection, delay) ? MHD_YES : MHD_NO;
    }
    if (pending.delivery.drop) return MHD_NO;
    if (pending.delivery.raw) {
      SendRaw(connection, *pending.delivery.raw);
      return MHD_NO;
    }
    return Queue(connection, pending.delivery, server.alarm_);
  }

  static void OnCompleted(void* /*self*/, MHD_Connection* /*connection*/, void** state,
                          MHD_RequestTerminationCode /*how*/) {
    delete static_cast<Pending*>(std::exchange(*state, nullptr));
  }
};

Result<std::unique_ptr<WebServer>> WebServer::Start(Listener listener, const TlsIdentity& identity,
                                                    Ca& ca) {
  std::unique_ptr<WebServer> server(new WebServer(ca));
  const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME;
  // A pool of one is an error to the library.
  const unsigned pool = ca.options.threads > 1 ? ca.options.threads : 0;
  server->daemon_ = MHD_start_daemon(
      flags, 0, nullptr, nullptr, &Callbacks::OnRequest, server.get(),  //
      MHD_OPTION_LISTEN_SOCKET, listener.Release(),                     //
      MHD_OPTION_HTTPS_MEM_KEY, identity.key_pem.c_str(),               //
      MHD_OPTION_HTTPS_MEM_CERT, identity.certificate_pem.c_str(),      //
      MHD_OPTION_THREAD_POOL_SIZE, pool,                                //
      MHD_OPTION_CONNECTION_LIMIT, kConnectionLimit,                    //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kMemoryPerConnection,         //
      MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::OnTarget, nullptr,       //
      MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::OnCompleted, nullptr, MHD_OPTION_END);
  if (server->daemon_ == nullptr) return Error(Reason::kInternal, "the web server did not start");
  return server;
}

WebServer::~WebServer() {
  alarm_.Stop();
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

}  // namespace certbroker::scripted_ca
