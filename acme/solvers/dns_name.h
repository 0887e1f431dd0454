// acme/solvers/dns_name.h: names of the DNS as text: lower case, no trailing dot, the root is
// empty. Unlike an Identifier such a name may hold '_' and may be of one label.
#pragma once

#include <string>
#include <string_view>

namespace certbroker::acme {

// Lower case, without a trailing dot.
std::string DnsName(std::string_view text);

// "b.c" of "a.b.c"; empty for a single label.
std::string_view ParentOf(std::string_view name);

// "a.b.c" is at or below "b.c" and "a.b.c"; everything is at or below the root.
bool IsAtOrBelow(std::string_view name, std::string_view zone);

}  // namespace certbroker::acme
