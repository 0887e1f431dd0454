#include "tests/fakes/scripted_ca/web_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/fakes/scripted_ca/exchange.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kLargestRequest = std::size_t{1} << 20;
constexpr std::size_t kMemoryPerConnection = std::size_t{256} << 10;  // room for hostile headers
constexpr unsigned kConnectionLimit = 20'000;
constexpr std::size_t kBlock = 16'384;

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

// A body that promises more than it delivers.
struct CutBody {
  std::string text;
  std::size_t end;
};

ssize_t ReadCutBody(void* state, std::uint64_t position, char* out, std::size_t most) {
  const auto& body = *static_cast<CutBody*>(state);
  if (position >= body.end) return MHD_CONTENT_READER_END_WITH_ERROR;
  const std::size_t size = std::min<std::size_t>(most, body.end - position);
  std::memcpy(out, body.text.data() + position, size);
  return static_cast<ssize_t>(size);
}

void FreeCutBody(void* state) { delete static_cast<CutBody*>(state); }

MHD_Response* MakeBody(Delivery& delivery) {
  std::string& body = delivery.response.body;
  if (!delivery.cut_after || *delivery.cut_after >= body.size()) {
    return MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  }
  const std::size_t size = body.size();
  auto* cut = new CutBody{std::move(body), *delivery.cut_after};
  return MHD_create_response_from_callback(size, kBlock, &ReadCutBody, cut, &FreeCutBody);
}

MHD_Result Queue(MHD_Connection* connection, Delivery& delivery) {
  MHD_Response* response = MakeBody(delivery);
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
    return pending.delivery.drop ? MHD_NO : Queue(connection, pending.delivery);
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
