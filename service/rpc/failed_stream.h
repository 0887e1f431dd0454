// service/rpc/failed_stream.h: a server stream that ends with an error before it began.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "core/error.h"
#include "service/rpc/status.h"

namespace certbroker::rpc {

template <class Response>
class FailedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit FailedStream(const Error& error) { this->Finish(ToStatus(error)); }
  void OnDone() override { delete this; }
};

}  // namespace certbroker::rpc
