#include "tests/fakes/scripted_ca/tls_look.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/ssl.h>

#include "core/unique_fd.h"
#include "tests/fakes/scripted_ca/acme_certificate.h"

namespace certbroker::scripted_ca {
namespace {

constexpr timeval kTimeout{10, 0};
constexpr std::string_view kProtocol = "acme-tls/1";

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;
using AddressesPtr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// OpenSSL writes to sockets as to files: without this a server that is gone would end the process.
// For this thread, which is the validator's, from now on.
void BlockBrokenPipes() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

Outcome<UniqueFd> Connect(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return Problem{400, "dns", "there is no address of " + host};
  }
  const AddressesPtr addresses(found, &freeaddrinfo);
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    UniqueFd fd(::socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // For connecting too; the thread is the validator's, which may wait.
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof(kTimeout));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout));
    if (::connect(fd.get(), to->ai_addr, to->ai_addrlen) == 0) return fd;
  }
  return Problem{400, "connection", "nobody listens at " + host + " port " + std::to_string(port)};
}

Problem BadHandshake(const std::string& why) { return {400, "tls", why}; }

// Certificates of this kind are signed by nobody that one could trust.
SslPtr ClientFor(SSL_CTX* context, const std::string& server_name, int fd) {
  std::string protocols(1, static_cast<char>(kProtocol.size()));
  protocols += kProtocol;
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);  // RFC 8737 §4
  SslPtr ssl(SSL_new(context), &SSL_free);
  SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  SSL_set_fd(ssl.get(), fd);
  return ssl;
}

bool ChoseProtocol(const SSL* ssl) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  return std::string_view(reinterpret_cast<const char*>(chosen), size) == kProtocol;
}

Verdict Handshake(const Question& question, int fd) {
  const std::string server_name = ServerNameFor(question.identifier);
  const ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  const SslPtr ssl = ClientFor(context.get(), server_name, fd);
  if (SSL_connect(ssl.get()) != 1) return BadHandshake("no handshake for " + server_name);
  if (!ChoseProtocol(ssl.get())) return BadHandshake("the server does not speak acme-tls/1");
  const X509* certificate = SSL_get0_peer_certificate(ssl.get());
  if (certificate == nullptr) return BadHandshake("the server shows no certificate");
  if (const auto fault = FaultOf(*certificate, question.identifier, DigestOf(question))) {
    return Problem{403, "incorrectResponse",
                   "the certificate for " + question.identifier.value + " " + *fault};
  }
  return std::nullopt;
}

std::string ReverseName(const std::string& address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::string name;
  if (::inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    for (std::size_t i = sizeof(in_addr); i-- > 0;) name += std::to_string(octets.at(i)) + ".";
    return name + "in-addr.arpa";
  }
  ::inet_pton(AF_INET6, address.c_str(), octets.data());
  for (std::size_t i = octets.size(); i-- > 0;) {
    name += {kDigits[octets.at(i) & 0xFU], '.', kDigits[octets.at(i) >> 4U], '.'};
  }
  return name + "ip6.arpa";
}

}  // namespace

std::string ServerNameFor(const Identifier& identifier) {
  return identifier.type == "ip" ? ReverseName(identifier.value) : identifier.value;
}

Verdict ShakeHands(const Question& question, const std::string& address, std::uint16_t port) {
  const auto fd = Connect(address.empty() ? question.identifier.value : address, port);
  if (!fd) return fd.problem();
  BlockBrokenPipes();
  return Handshake(question, fd->get());
}

}  // namespace certbroker::scripted_ca
