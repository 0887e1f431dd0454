// tests/fakes/scripted_ca/management_server.h: plain HTTP in front of management.h.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "tests/fakes/scripted_ca/management.h"

struct MHD_Daemon;

namespace certbroker::scripted_ca {

// One thread. The destructor joins it.
class ManagementServer {
 public:
  // "127.0.0.1:0". kConfigInvalid: no such address; kInternal: in use. `management` outlives it.
  static Result<std::unique_ptr<ManagementServer>> Start(const std::string& address,
                                                         Management& management);
  ~ManagementServer();
  ManagementServer(const ManagementServer&) = delete;
  ManagementServer& operator=(const ManagementServer&) = delete;

  const std::string& url() const { return url_; }  // "http://127.0.0.1:40123"

 private:
  explicit ManagementServer(std::string url) : url_(std::move(url)) {}

  std::string url_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace certbroker::scripted_ca
