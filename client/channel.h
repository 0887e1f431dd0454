// client/channel.h: the connection of a client program to the service.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "client/identity_files.h"
#include "core/result.h"

namespace certbroker::client {

// To be called first thing in main, before any thread and any use of gRPC: TLS 1.3 only, and no log
// lines of gRPC's own between ours (GRPC_VERBOSITY in the environment brings them back).
void PrepareProcess();

// A channel to `address` ("host:port", IPv6 in brackets) with mutual TLS 1.3. Proxies of the
// environment are not used: the service is the fleet's own. Reads the files now and never again;
// connects at the first call, and again whenever a connection is lost. Every call says
// which version and what time it is here (call_metadata.h).
//
// kFileUnusable: as ReadIdentity. kInvalidArgument: `address` has no port. Whether the service is
// there is for the first call to say. The channel is thread-safe.
Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                               const IdentityFiles& files);
// The same with an identity that has been read already.
Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& address,
                                               const Identity& identity);
// For a host that has no identity yet: the service shows its certificate, which must end in
// `ca_pem`, and we show none.
Result<std::shared_ptr<grpc::Channel>> ConnectUnknown(const std::string& address,
                                                      const std::string& ca_pem);

// A channel to the operators' socket, "unix:PATH". Who may use it is a matter of the file's mode.
// kInvalidArgument for another form; kFileUnusable when there is no socket or it may not be opened.
Result<std::shared_ptr<grpc::Channel>> ConnectLocal(const std::string& address);

}  // namespace certbroker::client
