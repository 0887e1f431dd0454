#include "tests/fakes/scripted_ca/dns_query.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "core/unique_fd.h"
#include "tests/fakes/scripted_ca/address.h"
#include "tests/fakes/scripted_ca/dns_message.h"

namespace certbroker::scripted_ca {
namespace {

constexpr int kMostAliases = 8;
constexpr std::size_t kLargestAnswer = 4096;

Problem Failed(const std::string& name, const std::string& why) {
  return {400, "dns", "looking up TXT for " + name + ": " + why};
}

std::string NameOfCode(int code) {
  constexpr std::array<const char*, 6> kNames = {"NOERROR",  "FORMERR", "SERVFAIL",
                                                 "NXDOMAIN", "NOTIMP",  "REFUSED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames.at(index) : "RCODE " + std::to_string(code);
}

// A socket that hears the server and nobody else; invalid when there is no such address.
UniqueFd Connected(const std::string& address) {
  const AddressPtr where = ResolveAddress(address, SOCK_DGRAM);
  if (where == nullptr) return UniqueFd();
  UniqueFd fd(::socket(where->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), where->ai_addr, where->ai_addrlen) != 0) return UniqueFd();
  return fd;
}

// Each query has a socket of its own, so its port tells it from all others that are under way.
std::uint16_t IdOf(int fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof(own);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
  return own.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&own)->sin6_port
                                   : reinterpret_cast<const sockaddr_in*>(&own)->sin_port;
}

// The answer to that query, passing over others; nothing in time.
std::optional<DnsAnswer> Receive(int fd, std::uint16_t id, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      return std::nullopt;
    }
    Bytes buffer(kLargestAnswer);
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0) return std::nullopt;  // refused: an ICMP message came back
    auto answer = ParseDnsAnswer(ByteView(buffer).first(static_cast<std::size_t>(size)));
    if (answer && answer->id == id) return answer;
  }
}

Outcome<DnsAnswer> Ask(const DnsServer& server, const std::string& name) {
  const UniqueFd fd = Connected(server.address);
  if (!fd.valid()) return Failed(name, "'" + server.address + "' is no ADDRESS:PORT");
  const std::uint16_t id = IdOf(fd.get());
  const auto query = TxtQuery(id, name);
  if (!query) return Failed(name, "no such name can be");
  for (int i = 0; i < server.tries; ++i) {
    ::send(fd.get(), query->data(), query->size(), MSG_NOSIGNAL);
    auto answer = Receive(fd.get(), id, server.timeout);
    if (!answer) continue;
    if (answer->truncated) return Failed(name, "the answer does not fit into a datagram");
    if (answer->code != 0) return Failed(name, NameOfCode(answer->code));
    return *std::move(answer);
  }
  return Failed(name, "no answer from " + server.address);
}

// Where the CNAMEs of the answer lead from `name`.
std::string EndOfAliases(const DnsAnswer& answer, std::string name) {
  for (int i = 0; i < kMostAliases; ++i) {
    const auto alias = std::find_if(
        answer.records.begin(), answer.records.end(),
        [&](const auto& record) { return record.owner == name && !record.alias.empty(); });
    if (alias == answer.records.end()) break;
    name = alias->alias;
  }
  return name;
}

}  // namespace

Outcome<std::vector<std::string>> QueryTxt(const DnsServer& server, const std::string& name) {
  std::string asked = name;
  for (int i = 0; i < kMostAliases; ++i) {
    const auto answer = Ask(server, asked);
    if (!answer) return answer.problem();
    const std::string end = EndOfAliases(*answer, asked);
    std::vector<std::string> texts;
    for (const auto& record : answer->records) {
      if (record.owner == end && record.alias.empty()) texts.push_back(record.text);
    }
    // A server that does not recurse leaves the last step to us.
    if (!texts.empty() || end == asked) return texts;
    asked = end;
  }
  return Failed(name, "more than " + std::to_string(kMostAliases) + " aliases");
}

}  // namespace certbroker::scripted_ca
