// service/config/database_url.h: what of a libpq connection string may be shown.
#pragma once

#include <string>
#include <string_view>

namespace certbroker::config {

// The connection string (URI or "key=value …", libpq §34.1.1) for logs and errors: parts that are
// known to be harmless (host, port, database, user, TLS files, …) as they are, every other value,
// and so the password in any spelling, as "***". For the eye only; libpq cannot use it.
std::string PrintableDatabaseUrl(std::string_view url);

}  // namespace certbroker::config
