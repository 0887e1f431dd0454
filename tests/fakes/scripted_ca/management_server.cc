#include "tests/fakes/scripted_ca/management_server.h"

#include <microhttpd.h>

#include <utility>

#include "tests/fakes/scripted_ca/listener.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kLargestBody = std::size_t{1} << 20;

MHD_Result Send(MHD_Connection* connection, const Response& answer) {
  std::string body = answer.body;
  MHD_Response* response =
      MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result OnRequest(void* management, MHD_Connection* connection, const char* path,
                     const char* method, const char* /*version*/, const char* upload,
                     std::size_t* upload_size, void** state) {
  auto* request = static_cast<Request*>(*state);
  if (request == nullptr) {
    *state = new Request{.method = method, .target = path};
    return MHD_YES;
  }
  if (*upload_size != 0) {
    if (request->body.size() + *upload_size > kLargestBody) return MHD_NO;
    request->body.append(upload, std::exchange(*upload_size, 0));
    return MHD_YES;
  }
  return Send(connection, static_cast<Management*>(management)->Answer(*request));
}

void OnCompleted(void* /*management*/, MHD_Connection* /*connection*/, void** state,
                 MHD_RequestTerminationCode /*how*/) {
  delete static_cast<Request*>(std::exchange(*state, nullptr));
}

}  // namespace

Result<std::unique_ptr<ManagementServer>> ManagementServer::Start(const std::string& address,
                                                                  Management& management) {
  ASSIGN_OR_RETURN(Listener listener, Listener::Bind(address));
  std::unique_ptr<ManagementServer> server(new ManagementServer("http://" + listener.authority()));
  server->daemon_ =
      MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, nullptr, nullptr, &OnRequest,
                       &management, MHD_OPTION_LISTEN_SOCKET, listener.Release(),  //
                       MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, nullptr, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return Error(Reason::kInternal, "the management server did not start");
  }
  return server;
}

ManagementServer::~ManagementServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

}  // namespace certbroker::scripted_ca
