// client/call_metadata.h: what every call says about the program that makes it.
#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>

namespace certbroker::client {

// Metadata for each call: certbroker-client-time (this host's clock, ms since 1970) and
// certbroker-client-version. The service refuses a clock or a version that is too far from its own
// (service/rpc/client_skew.h), and says so, instead of failing in ways that nobody understands.
// For connections with TLS only: gRPC sends them over no other. Thread-safe.
std::shared_ptr<grpc::CallCredentials> ClientMetadata();

}  // namespace certbroker::client
