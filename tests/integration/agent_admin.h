// tests/integration/agent_admin.h: what operators do with agents, over the API.
#pragma once

#include <memory>
#include <string>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "tests/support/dev_stack.h"

namespace certbroker {

// Each call fails the test when the service refuses it. Not thread-safe.
class AgentAdmin {
 public:
  explicit AgentAdmin(const DevStack& stack);

  // The line that a host joins with.
  std::string CreateToken(const std::string& agent) const;
  void Ban(const std::string& agent, const std::string& reason) const;
  void Unban(const std::string& agent) const;
  void Delete(const std::string& agent) const;

 private:
  std::unique_ptr<v1::AgentAdminService::Stub> service_;
};

}  // namespace certbroker
