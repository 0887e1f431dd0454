// tests/acme/solvers/stub_server.h: a name server that answers what a test says, on UDP and TCP.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "acme/solvers/server_address.h"
#include "core/bytes.h"
#include "core/unique_fd.h"

namespace certbroker::acme {

// One thread, for its life. Both protocols on one port; 0: any free one.
class StubServer {
 public:
  // Nothing: no answer. Runs on the server's thread.
  using Answer = std::function<std::optional<Bytes>(ByteView request, bool over_tcp)>;

  explicit StubServer(Answer answer, const ServerAddress& listen = {.ip = "127.0.0.1", .port = 0});
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  const ServerAddress& address() const { return address_; }
  int requests() const { return requests_; }

 private:
  void Serve();
  void AnswerUdp();
  void AnswerTcp();

  Answer answer_;
  ServerAddress address_;
  UniqueFd udp_;
  UniqueFd tcp_;
  UniqueFd stop_;
  std::vector<UniqueFd> silent_;  // connections that wait for ever
  std::atomic<int> requests_{0};
  std::thread thread_;
};

// The request turned into an answer without records: its header with QR, these flags and the rcode,
// and its question.
Bytes EmptyAnswer(ByteView request, int rcode, std::uint8_t flags = 0);

}  // namespace certbroker::acme
