// tests/db/cutting_proxy.h: stands between libpq and the server and cuts a connection at its
// COMMIT: the only way to a commit that is stored although its answer never comes.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "tests/support/temp_dir.h"

namespace certbroker::db {

enum class Cut {
  kNothing,
  kBeforeTheServer,  // the server never sees the COMMIT
  kAfterTheServer,   // the server has committed; the client never hears of it
};

// On a Unix socket of its own. Thread-safe.
class CuttingProxy {
 public:
  explicit CuttingProxy(std::string server_socket);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // As libpq's "host".
  const std::string& directory() const { return directory_.path(); }
  void CutNextCommit(Cut cut) { cut_next_ = cut; }
  // Closes every new connection at once, as if the server were gone; until taken back.
  void Refuse(bool refuse) { refusing_ = refuse; }
  int cuts() const { return cuts_; }

 private:
  void Accept() EXCLUDES(mutex_);
  void Carry(int client);
  // Whether the connection goes on.
  bool FromClient(int client, int server);
  bool FromServer(int client, int server);
  // Until one of them can be read. False: it is time to stop.
  bool WaitFor(int first, int second, bool* first_ready, bool* second_ready) const;

  const std::string server_socket_;
  TempDir directory_;
  std::atomic<Cut> cut_next_ = Cut::kNothing;
  std::atomic<bool> refusing_ = false;
  std::atomic<int> cuts_ = 0;
  int stop_event_;  // readable when it is time to stop
  int listener_;
  Mutex mutex_;
  std::vector<std::jthread> carriers_ GUARDED_BY(mutex_);
  std::jthread acceptor_;
};

}  // namespace certbroker::db
