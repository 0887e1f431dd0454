// client/status.h: a failed call as an Error: the way back of service/rpc/status.h.
#pragma once

#include <grpcpp/support/status.h>

#include "core/error.h"
#include "google/rpc/status.pb.h"

namespace certbroker::client {

// Precondition: !status.ok().
//
// The service's answers carry a google.rpc.Status with their reason, violations and retry delay;
// all of that arrives in the Error. A status without one comes from gRPC itself or from something
// between: then UNAVAILABLE is kServiceUnreachable and says what to check, and the other codes
// become the reason that is nearest. Everything that came from outside is made printable.
Error FromStatus(const grpc::Status& status);

// The same for a status inside a message: why an order, an account or a revocation failed.
Error FromProto(const google::rpc::Status& status);

}  // namespace certbroker::client
