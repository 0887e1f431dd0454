#include "client/call_metadata.h"

#include <chrono>
#include <map>
#include <string>

#include "core/clock.h"
#include "core/version.h"

namespace certbroker::client {
namespace {

class ClientFacts final : public grpc::MetadataCredentialsPlugin {
 public:
  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "certbroker-client"; }

  grpc::Status GetMetadata(grpc::string_ref /*service_url*/, grpc::string_ref /*method_name*/,
                           const grpc::AuthContext& /*channel*/,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(clock_.Now()).time_since_epoch();
    metadata->emplace("certbroker-client-time", std::to_string(now.count()));
    metadata->emplace("certbroker-client-version", std::string(Version()));
    return grpc::Status::OK;
  }

 private:
  const SystemClock clock_;
};

}  // namespace

std::shared_ptr<grpc::CallCredentials> ClientMetadata() {
  return grpc::MetadataCredentialsFromPlugin(std::make_unique<ClientFacts>());
}

}  // namespace certbroker::client
