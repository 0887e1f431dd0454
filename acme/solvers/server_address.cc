#include "acme/solvers/server_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker::acme {
namespace {

bool IsIp(const std::string& text) {
  in6_addr ignored = {};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Error NoAddress(std::string_view text) {
  return {Reason::kConfigInvalid,
          fmt::format("\"{}\" is no name server's address; give an IP address, with a port if it "
                      "is not 53: \"192.0.2.53\", \"[2001:db8::53]:5353\"",
                      Printable(text, 100))};
}

}  // namespace

Result<ServerAddress> ServerAddress::Parse(std::string_view text) {
  if (std::string whole(text); IsIp(whole)) return ServerAddress{.ip = std::move(whole)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NoAddress(text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  ServerAddress address{.ip = std::string(host)};
  const auto port = ParsePort(text.substr(colon + 1));
  // "::1:53" would be read as an address of its own: with a port an IPv6 address needs brackets.
  if (!port || !IsIp(address.ip) || address.is_ipv6() != bracketed) return NoAddress(text);
  address.port = *port;
  return address;
}

std::string ServerAddress::ToString() const {
  if (port == kDnsPort) return ip;
  return is_ipv6() ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
}

SocketAddress::SocketAddress(const ServerAddress& server) {
  if (server.is_ipv6()) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(server.port);
    CERTBROKER_CHECK(::inet_pton(AF_INET6, server.ip.c_str(), &address.sin6_addr) == 1);
    std::memcpy(&storage, &address, sizeof(address));
    size = sizeof(address);
    return;
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  CERTBROKER_CHECK(::inet_pton(AF_INET, server.ip.c_str(), &address.sin_addr) == 1);
  std::memcpy(&storage, &address, sizeof(address));
  size = sizeof(address);
}

}  // namespace certbroker::acme
