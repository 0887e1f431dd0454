#include "tests/support/p11_kit_server.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/check.h"

namespace certbroker {

P11KitServer::P11KitServer(const SoftToken&)
    : server_("p11-kit",
              {"server", "--foreground", "--provider", std::string(SoftToken::kModule), "--name",
               dir_.path() + "/socket", "pkcs11:token=" + std::string(SoftToken::kLabel)},
              {.environment = {{"SOFTHSM2_CONF", std::getenv("SOFTHSM2_CONF")}}}) {
  constexpr std::chrono::milliseconds kPause{5};
  while (server_.Running() && !std::filesystem::exists(dir_.path() + "/socket")) {
    std::this_thread::sleep_for(kPause);
  }
  CERTBROKER_CHECK(server_.Running());
}

std::string P11KitServer::address() const { return "unix:path=" + dir_.path() + "/socket"; }

}  // namespace certbroker
