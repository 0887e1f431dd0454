// grpc.h: base.h for the service's gRPC side and the client programs; the generated API belongs to
// it (cmake/precompiled.cmake).
#pragma once

#include <certbroker/v1/account.grpc.pb.h>
#include <certbroker/v1/agent.grpc.pb.h>
#include <certbroker/v1/certificate.grpc.pb.h>
#include <certbroker/v1/order.grpc.pb.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>

#include "base.h"
