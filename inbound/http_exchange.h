// inbound/http_exchange.h: what a server for http-01 (RFC 8555 §8.3) on libmicrohttpd reads of a
// request, how it answers, and how long a connection may take.
#pragma once

#include <microhttpd.h>

#include <string_view>

namespace certbroker::inbound {

// Below it is the token.
inline constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";

// Host without its port, and without the brackets of an IPv6 address (RFC 9110 §7.2, RFC 8738 §4);
// empty without a Host. Valid until the request ends.
std::string_view HostOf(MHD_Connection* connection);

// Queues the answer, after which the connection ends. MHD_NO: it cannot be made.
MHD_Result Answer(MHD_Connection* connection, unsigned status, std::string_view body);

// For MHD_OPTION_NOTIFY_CONNECTION, with a ConnectionLifetime that outlives the daemon.
void LimitConnection(void* lifetime, MHD_Connection* connection, void** state,
                     MHD_ConnectionNotificationCode what);

}  // namespace certbroker::inbound
