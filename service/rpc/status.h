// service/rpc/status.h: the one mapping from our errors to gRPC's, with the details of AIP-193 in
// the standard wire form.
#pragma once

#include <grpcpp/support/status.h>

#include "core/error.h"
#include "google/rpc/status.pb.h"

namespace certbroker::rpc {

// google.rpc.Status with ErrorInfo (reason, domain "certbroker") always; BadRequest for
// INVALID_ARGUMENT and PreconditionFailure for every other code when there are violations;
// RetryInfo when the error says when to come back.
google::rpc::Status ToProto(const Error& error);

// The same, packed into the grpc-status-details-bin trailer. Clients take 8 KiB of metadata, or the
// call fails with another error than this one: a long message is cut, and of many violations the
// first are sent; ErrorInfo's metadata then says how many were left out ("omitted_violations").
grpc::Status ToStatus(const Error& error);

// What a call is answered with that the executor has no room for.
Error Overloaded();

}  // namespace certbroker::rpc
