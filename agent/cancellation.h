// agent/cancellation.h: gives up a request whose order may be under way at the service.
//
// A key is deleted only when no certificate for it can come any more: the service is asked first.
#pragma once

#include "agent/pending_request.h"
#include "agent/service_link.h"

namespace certbroker::agent {

enum class Cancellation {
  kDone,     // the order has ended without a certificate, or there is none; nothing is pending
  kTooLate,  // the CA may be signing, or has issued: request and key are still there
};

// `request` is what `pending` holds. When its order is not known, the request is sent once more, to
// learn it. Errors: what the service says, kFileUnusable; request and key are still there.
Result<Cancellation> CancelPending(const ServiceLink& service, const PendingRequests& pending,
                                   PendingRequest& request);

}  // namespace certbroker::agent
