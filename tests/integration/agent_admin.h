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
  // Lets the key with that URI sign from now on, instead of the one that did so far, whose CA's
  // name it gives back.
  std::string RotateCa(const std::string& key_uri) const;
  void TaintCa(const std::string& name) const;

 private:
  std::unique_ptr<v1::AgentAdminService::Stub> service_;
};

}  // namespace certbroker
