// service/rpc/audit_service.h: certbroker.v1.AuditService; operators only.
#pragma once

#include "certbroker/v1/audit.grpc.pb.h"
#include "core/ports/key_use_ledger.h"
#include "service/rpc/unary_call.h"

namespace certbroker::rpc {

class AuditService final : public v1::AuditService::CallbackService {
 public:
  // `key_uses` outlives the server that the service is registered with.
  AuditService(const CallDeps& calls, KeyUseHistory& key_uses)
      : calls_(calls), key_uses_(key_uses) {}

  grpc::ServerUnaryReactor* ListKeyUses(grpc::CallbackServerContext* context,
                                        const v1::ListKeyUsesRequest* request,
                                        v1::ListKeyUsesResponse* response) override;

 private:
  const CallDeps calls_;
  KeyUseHistory& key_uses_;
};

}  // namespace certbroker::rpc
