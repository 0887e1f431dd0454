#include "inbound/http_exchange.h"

#include <string>

#include "inbound/connection_lifetime.h"

namespace certbroker::inbound {

std::string_view HostOf(MHD_Connection* connection) {
  const char* value =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
  const std::string_view host = value == nullptr ? "" : value;
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

MHD_Result Answer(MHD_Connection* connection, unsigned status, std::string_view body) {
  // The library copies the body at once; its interface only lacks the const.
  std::string copy(body);
  MHD_Response* response =
      MHD_create_response_from_buffer(copy.size(), copy.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

void LimitConnection(void* lifetime, MHD_Connection* connection, void** /*state*/,
                     MHD_ConnectionNotificationCode what) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  auto& limit = *static_cast<ConnectionLifetime*>(lifetime);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    limit.Begin(info->connect_fd);
  } else {
    limit.End(info->connect_fd);
  }
}

}  // namespace certbroker::inbound
