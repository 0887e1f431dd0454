#include "client/channel.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "core/secret.h"

namespace certbroker::client {
namespace {

namespace fs = std::filesystem;

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kFirstReconnectMs = 200;
constexpr int kLastReconnectMs = 10'000;
constexpr std::uintmax_t kFileLimit = 1U << 20U;

std::string SystemText(int error_number) { return std::generic_category().message(error_number); }

Result<std::string> ReadPem(std::string_view option, const fs::path& path, std::string_view block) {
  const auto unusable = [&](std::string_view why) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} {}: {}", option, Printable(path.string()), why));
  };
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
    return unusable(SystemText(errno));
  }
  if (!S_ISREG(status.st_mode)) return unusable("is not a file");
  if (static_cast<std::uintmax_t>(status.st_size) > kFileLimit) return unusable("is over 1 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return unusable("cannot be read");
  if (text.find("-----BEGIN ") == std::string::npos || text.find(block) == std::string::npos) {
    return unusable(fmt::format("holds no PEM block '{}'", block));
  }
  return text;
}

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // A host that vanished without a word must not leave a watch waiting for ever.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

void PrepareProcess() {
  // As in service/rpc/server.cc: no suite that TLS 1.2 could use, so that 1.3 remains.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1);
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
}

Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                               const IdentityFiles& files) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size() ||
      address.find(']', colon) != std::string::npos) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the service's address '{}' is not HOST:PORT", Printable(address)));
  }
  grpc::SslCredentialsOptions tls;
  ASSIGN_OR_RETURN(tls.pem_root_certs, ReadPem("CA file", files.ca, "CERTIFICATE-----"));
  ASSIGN_OR_RETURN(tls.pem_cert_chain,
                   ReadPem("identity file", files.identity, "CERTIFICATE-----"));
  ASSIGN_OR_RETURN(tls.pem_private_key,
                   ReadPem("identity key file", files.identity_key, "PRIVATE KEY-----"));
  auto channel = grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), Arguments());
  const Secret wiped(std::move(tls.pem_private_key));
  return channel;
}

Result<std::shared_ptr<grpc::Channel>> ConnectLocal(const std::string& address) {
  constexpr std::string_view kScheme = "unix:";
  if (!address.starts_with(kScheme) || address.size() == kScheme.size()) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the operators' address '{}' is not unix:PATH", Printable(address)));
  }
  const std::string path = address.substr(kScheme.size());
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return Error(Reason::kFileUnusable,
                 fmt::format("socket {}: {}; is the service running, and are you its user?",
                             Printable(path), SystemText(errno)));
  }
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), Arguments());
}

}  // namespace certbroker::client
