// service/config/listen_address.h: what "host:port" may look like.
#pragma once

#include <string>
#include <string_view>

namespace certbroker::config {

// What is wrong with it, for people; empty: nothing. IPv6 stands in brackets; port 0 to 65535.
std::string HostPortProblem(std::string_view text);

}  // namespace certbroker::config
