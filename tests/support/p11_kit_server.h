// tests/support/p11_kit_server.h: a SoftToken behind `p11-kit server`: a network HSM in small.
#pragma once

#include <string>

#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {

// The server runs as long as this lives, with the token's store. Made before the test has loaded a
// module or started a thread.
class P11KitServer {
 public:
  explicit P11KitServer(const SoftToken& token);

  // For P11_KIT_SERVER_ADDRESS, which p11-kit-client.so reads.
  std::string address() const;

 private:
  TempDir dir_;
  RunningProgram server_;
};

}  // namespace certbroker
