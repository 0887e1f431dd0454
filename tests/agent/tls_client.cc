#include "tests/agent/tls_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace certbroker::agent {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

sockaddr_in At(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return address;
}

ContextPtr ContextFor(const TlsOffer& offer) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  if (offer.version != 0) {
    // OpenSSL offers what is no longer safe only to those who ask for it.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context.get(), offer.version);
    SSL_CTX_set_max_proto_version(context.get(), offer.version);
  }
  return context;
}

// OpenSSL's reason for an alert is its number and this (SSL_AD_REASON_OFFSET).
int AlertOf(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
}

std::string ProtocolOf(const SSL* ssl) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string CertificateOf(const SSL* ssl) {
  const BioPtr memory(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_X509(memory.get(), SSL_get0_peer_certificate(ssl));
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

bool ClosesProperly(SSL* ssl) {
  char octet = 0;
  const int got = SSL_read(ssl, &octet, 1);
  return got <= 0 && SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN;
}

}  // namespace

UniqueFd ConnectTo(std::uint16_t port, std::uint32_t from) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  const sockaddr_in own = At(from, 0);
  const sockaddr_in server = At(INADDR_LOOPBACK, port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
    return UniqueFd();
  }
  return fd;
}

bool ClosesBeforeLong(const UniqueFd& connection) {
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(connection.get(), buffer, sizeof(buffer))) > 0) {
  }
  return got == 0 || errno != EAGAIN;
}

TlsOutcome ShakeHands(const UniqueFd& connection, const TlsOffer& offer) {
  ERR_clear_error();
  const ContextPtr context = ContextFor(offer);
  const SslPtr ssl(SSL_new(context.get()), &SSL_free);
  if (!offer.server_name.empty()) SSL_set_tlsext_host_name(ssl.get(), offer.server_name.c_str());
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(offer.protocols.data()),
                      static_cast<unsigned>(offer.protocols.size()));
  SSL_set_fd(ssl.get(), connection.get());
  if (SSL_connect(ssl.get()) != 1) return {.alert = AlertOf(ERR_peek_last_error())};
  return {.complete = true,
          .protocol = ProtocolOf(ssl.get()),
          .certificate_pem = CertificateOf(ssl.get()),
          .closed = ClosesProperly(ssl.get())};
}

}  // namespace certbroker::agent
