// service/rpc/connection_acceptor.h: accepts the agents' connections and hands them to gRPC.
//
// gRPC 1.51 stops listening for ever once accept() has run out of descriptors (CVE-2023-4785), and
// takes connections until it has: anybody who can reach the port could end the service without a
// certificate, and take the HSM's and the database's descriptors too (T41). Here a connection that
// would eat into a reserve is closed at once, and accepting goes on whatever happens.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include <grpcpp/server_builder.h>

#include "core/log.h"
#include "core/result.h"

namespace certbroker::rpc {

// Made, Start()ed when the server runs, Stop()ped before the server is shut down. Not thread-safe;
// has a thread of its own in between.
class ConnectionAcceptor {
 public:
  // Binds and listens on "host:port" (IPv6 in brackets; port 0: a free one). kConfigInvalid with
  // what the system says.
  static Result<std::unique_ptr<ConnectionAcceptor>> Listen(const std::string& address, Log& log);
  ~ConnectionAcceptor();
  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  int port() const { return port_; }

  // Adds this listener to a server that is about to be built.
  void AddTo(grpc::ServerBuilder& builder, std::shared_ptr<grpc::ServerCredentials> credentials);
  void Start();
  void Stop();

 private:
  ConnectionAcceptor(int listener, int stop_event, int port, Log& log);
  void Run();
  void AcceptOne();
  void Refuse(int connection);

  int listener_;
  const int stop_event_;
  const int port_;
  const int highest_descriptor_;
  Log& log_;
  bool refusing_ = false;  // logged when it begins and when it ends, not per connection
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> into_;
  std::jthread thread_;
};

}  // namespace certbroker::rpc
