// core/request_key.h: what makes a mutation happen once: who asked, under which request_id, for
// exactly what.
#pragma once

#include <string>

#include "core/bytes.h"
#include "core/ids.h"

namespace certbroker {

// The same (caller, id) with the same method and body answers with what the first call made; with
// another method or body it is kDuplicateRequestId. Remembered as long as the row that was made.
struct RequestKey {
  CallerId caller;
  RequestId id;
  std::string method;  // "IssueCertificate"
  Bytes body;          // canonical octets of the request; stored as SHA-256
};

}  // namespace certbroker
