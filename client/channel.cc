#include "client/channel.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>

#include "client/call_metadata.h"
#include "core/secret.h"

namespace certbroker::client {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kFirstReconnectMs = 200;
constexpr int kLastReconnectMs = 10'000;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // A host that vanished without a word must not leave a watch waiting for ever.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // By default pings stop after the second one without data, and a watch may be quiet for hours.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  // A channel whose every address failed looks the name up again before it tries them again, by
  // default no sooner than after half a minute.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

Result<void> CheckAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size() ||
      address.find(']', colon) != std::string::npos) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the service's address '{}' is not HOST:PORT", Printable(address)));
  }
  return {};
}

std::shared_ptr<grpc::Channel> SecureChannel(const std::string& address,
                                             const grpc::SslCredentialsOptions& tls) {
  return grpc::CreateCustomChannel(
      address, grpc::CompositeChannelCredentials(grpc::SslCredentials(tls), ClientMetadata()),
      Arguments());
}

}  // namespace

void PrepareProcess() {
  // As in service/rpc/server.cc: no suite that TLS 1.2 could use, so that 1.3 remains.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1);
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
  google::protobuf::SetLogHandler(nullptr);
}

Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                               const IdentityFiles& files) {
  RETURN_IF_ERROR(CheckAddress(address));
  ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(files));
  return Connect(address, identity);
}

Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                               const Identity& identity) {
  RETURN_IF_ERROR(CheckAddress(address));
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = identity.ca_pem;
  tls.pem_cert_chain = identity.chain_pem;
  tls.pem_private_key = identity.key_pem.ExposeForUse();
  auto channel = SecureChannel(address, tls);
  const Secret wiped(std::move(tls.pem_private_key));
  return channel;
}

Result<std::shared_ptr<grpc::Channel>> ConnectUnknown(const std::string& address,
                                                      const std::string& ca_pem) {
  RETURN_IF_ERROR(CheckAddress(address));
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ca_pem;
  return SecureChannel(address, tls);
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
                             Printable(path), std::generic_category().message(errno)));
  }
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), Arguments());
}

}  // namespace certbroker::client
