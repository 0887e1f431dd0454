#include "agent/http_challenge_server.h"

#include <microhttpd.h>

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "agent/peer_address.h"
#include "core/identifier.h"
#include "inbound/http_exchange.h"

namespace certbroker::agent {
namespace {

constexpr unsigned kConnectionLimit = 512;
// A CA looks from several addresses; behind a proxy, or next to a CA for tests, all of them are
// one.
constexpr unsigned kConnectionsPerAddress = 16;
constexpr std::size_t kMemoryPerConnection = 8192;

// One request, from its head to its end.
struct Request {
  std::shared_ptr<const Challenge> fetched;
  std::string address;
};

std::string PeerOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return AddressText(info == nullptr ? nullptr : info->client_addr);
}

}  // namespace

struct HttpChallengeServer::Callbacks {
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              std::size_t* upload_size, void** state) {
    // The first call comes with the head, before any body.
    if (*state == nullptr) {
      *state = new Request;
      return MHD_YES;
    }
    if (*upload_size != 0) {
      *upload_size = 0;
      return MHD_YES;
    }
    const std::string_view verb = method;
    const bool get = verb == MHD_HTTP_METHOD_GET;
    const bool query =
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, nullptr, nullptr) > 0;
    const auto found =
        (get || verb == MHD_HTTP_METHOD_HEAD) && !query
            ? static_cast<HttpChallengeServer*>(self)->Find(inbound::HostOf(connection), path)
            : nullptr;
    if (found == nullptr) return inbound::Answer(connection, MHD_HTTP_NOT_FOUND, "not found\n");
    if (get) {
      auto* request = static_cast<Request*>(*state);
      request->fetched = found;
      request->address = PeerOf(connection);
    }
    return inbound::Answer(connection, MHD_HTTP_OK, found->key_authorization);
  }

  static void OnCompleted(void* self, MHD_Connection* /*connection*/, void** state,
                          MHD_RequestTerminationCode how) {
    const std::unique_ptr<Request> request(static_cast<Request*>(std::exchange(*state, nullptr)));
    const auto& server = *static_cast<HttpChallengeServer*>(self);
    if (request != nullptr && request->fetched != nullptr && server.on_fetch_ &&
        how == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
      server.on_fetch_(*request->fetched, request->address);
    }
  }
};

Result<std::unique_ptr<HttpChallengeServer>> HttpChallengeServer::Start(
    inbound::ListenSocket socket, FetchListener on_fetch,
    std::chrono::milliseconds connection_limit) {
  std::unique_ptr<HttpChallengeServer> server(
      new HttpChallengeServer(socket.port, std::move(on_fetch), connection_limit));
  const unsigned per_address = socket.loopback ? kConnectionLimit : kConnectionsPerAddress;
  server->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &Callbacks::OnRequest, server.get(),
      MHD_OPTION_LISTEN_SOCKET, socket.fd.get(), MHD_OPTION_CONNECTION_LIMIT, kConnectionLimit,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kMemoryPerConnection, MHD_OPTION_NOTIFY_CONNECTION, &inbound::LimitConnection,
      &server->lifetime_, MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::OnCompleted, server.get(),
      MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return Error(Reason::kInternal,
                 fmt::format("the web server for http-01 on port {} did not start", socket.port));
  }
  socket.fd.Release();  // the daemon closes it
  return server;
}

HttpChallengeServer::~HttpChallengeServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

Result<void> HttpChallengeServer::Present(const Challenge& challenge) {
  RETURN_IF_ERROR(CheckForm(challenge));
  const MutexLock lock(mutex_);
  challenges_[challenge.token] = std::make_shared<const Challenge>(challenge);
  return {};
}

Result<void> HttpChallengeServer::Remove(const std::string& token) {
  const MutexLock lock(mutex_);
  challenges_.erase(token);
  return {};
}

std::size_t HttpChallengeServer::presented() const {
  const MutexLock lock(mutex_);
  return challenges_.size();
}

std::shared_ptr<const Challenge> HttpChallengeServer::Find(std::string_view host,
                                                           std::string_view path) const {
  if (!path.starts_with(inbound::kChallengePath)) return nullptr;
  path.remove_prefix(inbound::kChallengePath.size());
  const auto name = Identifier::Parse(host);
  if (!name) return nullptr;
  const MutexLock lock(mutex_);
  const auto found = challenges_.find(path);
  const bool theirs = found != challenges_.end() && found->second->identifier == name->ToString();
  return theirs ? found->second : nullptr;
}

}  // namespace certbroker::agent
