#include "service/dev/https_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <charconv>
#include <memory>
#include <system_error>

#include <fmt/core.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/unique_fd.h"

namespace certbroker::dev {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

constexpr std::size_t kAnswerLimit = 1U << 20U;

Error Failed(std::uint16_t port, std::string_view what) {
  return {Reason::kCaUnavailable, fmt::format("asking https://localhost:{}: {}", port, what)};
}

UniqueFd Connect(std::uint16_t port, std::chrono::milliseconds limit) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval timeout = {.tv_sec = limit.count() / 1000,
                           .tv_usec = (limit.count() % 1000) * 1000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return {};
  }
  return fd;
}

std::string ReadAll(SSL* connection) {
  std::string text;
  std::array<char, 4096> buffer{};
  int got = 0;
  while (text.size() < kAnswerLimit &&
         (got = SSL_read(connection, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Result<HttpAnswer> HttpsGet(std::uint16_t port, const std::string& path,
                            const std::filesystem::path& roots, std::chrono::milliseconds limit) {
  const Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr ||
      SSL_CTX_load_verify_locations(context.get(), roots.c_str(), nullptr) != 1) {
    return Failed(port, "no roots to trust");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const UniqueFd fd = Connect(port, limit);
  if (!fd.valid()) return Failed(port, "no connection");
  const Connection connection(SSL_new(context.get()), &SSL_free);
  if (connection == nullptr || SSL_set1_host(connection.get(), "localhost") != 1 ||
      SSL_set_fd(connection.get(), fd.get()) != 1 || SSL_connect(connection.get()) != 1) {
    return Failed(port, "no TLS handshake, or not with a certificate that our root issued");
  }
  // HTTP/1.0: the answer ends with the connection, in one piece.
  const std::string request = fmt::format(
      "GET {} HTTP/1.0\r\nHost: localhost\r\nUser-Agent: certbrokerd-dev\r\n\r\n", path);
  if (SSL_write(connection.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return Failed(port, "the request could not be sent");
  }
  return ParseHttpAnswer(ReadAll(connection.get()));
}

Result<HttpAnswer> ParseHttpAnswer(std::string_view text) {
  const Error bad(Reason::kCaBadAnswer, "not an HTTP answer");
  const std::size_t end_of_head = text.find("\r\n\r\n");
  const std::size_t space = text.find(' ');
  if (!text.starts_with("HTTP/1.") || end_of_head == std::string_view::npos ||
      space > end_of_head) {
    return bad;
  }
  HttpAnswer answer;
  const char* const digits = text.data() + space + 1;
  const auto [end, failed] = std::from_chars(digits, text.data() + end_of_head, answer.status);
  if (failed != std::errc{} || end != digits + 3) return bad;
  answer.body = text.substr(end_of_head + 4);
  return answer;
}

}  // namespace certbroker::dev
