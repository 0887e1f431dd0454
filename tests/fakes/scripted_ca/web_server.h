// tests/fakes/scripted_ca/web_server.h: HTTPS in front of the CA: libmicrohttpd, one epoll loop per
// thread.
#pragma once

#include <memory>

#include "core/result.h"
#include "tests/fakes/scripted_ca/alarm.h"
#include "tests/fakes/scripted_ca/ca.h"
#include "tests/fakes/scripted_ca/listener.h"
#include "tests/fakes/scripted_ca/tls_identity.h"

struct MHD_Daemon;

namespace certbroker::scripted_ca {

// The CA outlives the server. The destructor cuts what is open and joins.
class WebServer {
 public:
  static Result<std::unique_ptr<WebServer>> Start(Listener listener, const TlsIdentity& identity,
                                                  Ca& ca);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

 private:
  struct Callbacks;
  explicit WebServer(Ca& ca) : ca_(ca) {}

  Ca& ca_;
  Alarm alarm_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace certbroker::scripted_ca
