#include "tests/fakes/scripted_ca/dns_responder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "core/check.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kAfterName = 4;  // type and class of the question

std::string Number(std::size_t value) {
  return {static_cast<char>(value >> 8U & 0xFFU), static_cast<char>(value & 0xFFU)};
}

// "\x01a\x07example\x00" → "a.example"; `size` becomes its octets.
std::string ReadName(const std::string& query, std::size_t& size) {
  std::string name;
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) {
    const auto length = static_cast<unsigned char>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
    at += length + 1U;
  }
  size = at + 1 - kHeader;
  return name;
}

std::string WriteName(const std::string& name) {
  std::string wire;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    wire += static_cast<char>(end - at) + name.substr(at, end - at);
    at = end + 1;
  }
  return wire + '\0';
}

// Its owner is a pointer to the question.
std::string Record(std::size_t type, const std::string& data) {
  return "\xC0\x0C" + Number(type) + Number(1) + Number(0) + Number(60) + Number(data.size()) +
         data;
}

}  // namespace

DnsResponder::DnsResponder()
    : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(own);
  CERTBROKER_CHECK(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&own), size) == 0);
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &size);
  address_ = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
  thread_ = std::thread([this] { Run(); });
}

DnsResponder::~DnsResponder() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void DnsResponder::AddTxt(const std::string& name, const std::string& text) {
  const MutexLock lock(mutex_);
  texts_.emplace(name, text);
}

void DnsResponder::AddAlias(const std::string& name, const std::string& target) {
  const MutexLock lock(mutex_);
  aliases_[name] = target;
}

void DnsResponder::Refuse(const std::string& name) {
  const MutexLock lock(mutex_);
  refused_.insert(name);
}

void DnsResponder::Clear() {
  const MutexLock lock(mutex_);
  texts_.clear();
  aliases_.clear();
  refused_.clear();
}

std::vector<std::string> DnsResponder::asked() const {
  const MutexLock lock(mutex_);
  return asked_;
}

std::string DnsResponder::Answer(const std::string& query) {
  std::size_t size = 0;
  const std::string name = ReadName(query, size);
  const MutexLock lock(mutex_);
  asked_.push_back(name);
  std::string records;
  std::size_t count = 0;
  const auto [from, to] = texts_.equal_range(name);
  for (auto text = from; text != to; ++text, ++count) {
    records += Record(16, static_cast<char>(text->second.size()) + text->second);
  }
  if (const auto alias = aliases_.find(name); alias != aliases_.end()) {
    records += Record(5, WriteName(alias->second));
    ++count;
  }
  const std::size_t code = refused_.count(name) == 0 ? 0 : 2;
  return query.substr(0, 2) + Number(0x8180 | code) + Number(1) + Number(count) + Number(0) +
         Number(0) + query.substr(kHeader, size + kAfterName) + records;
}

void DnsResponder::Run() {
  while (true) {
    std::array<pollfd, 2> waiting{{{fd_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    std::array<char, 1024> buffer{};
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof(peer);
    const ssize_t size = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&peer), &peer_size);
    if (size < static_cast<ssize_t>(kHeader)) continue;
    const std::string answer = Answer({buffer.data(), static_cast<std::size_t>(size)});
    ::sendto(fd_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer),
             peer_size);
  }
}

}  // namespace certbroker::scripted_ca
