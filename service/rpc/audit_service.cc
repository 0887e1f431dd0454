#include "service/rpc/audit_service.h"

#include "service/rpc/convert.h"

namespace certbroker::rpc {

grpc::ServerUnaryReactor* AuditService::ListKeyUses(grpc::CallbackServerContext* context,
                                                    const v1::ListKeyUsesRequest* request,
                                                    v1::ListKeyUsesResponse* response) {
  return AnswerUnary(
      context, calls_, "ListKeyUses", response,
      [this, request](const Caller& caller) -> Result<v1::ListKeyUsesResponse> {
        RETURN_IF_ERROR(RequireOperator(caller));
        ASSIGN_OR_RETURN(const auto page, PageOf(request->page_size(), request->page_token()));
        ASSIGN_OR_RETURN(const auto found, key_uses_.List({.subject = request->subject(),
                                                           .agent = request->agent(),
                                                           .thumbprint = request->thumbprint()},
                                                          page));
        v1::ListKeyUsesResponse list;
        for (const RecordedKeyUse& record : found.items) *list.add_key_uses() = ToProto(record);
        list.set_next_page_token(found.next_token);
        return list;
      });
}

}  // namespace certbroker::rpc
