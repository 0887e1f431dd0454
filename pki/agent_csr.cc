#include "pki/agent_csr.h"

#include "pki/csr_form.h"
#include "pki/digest.h"

namespace certbroker::pki {

Result<AgentCsr> ParseAgentCsr(ByteView der) {
  const OpenSslErrorScope errors;
  ASSIGN_OR_RETURN(const SignedRequest read, ReadSignedRequest(der));
  return AgentCsr{ToBytes(read.spki), Sha256(read.spki), read.key_type};
}

}  // namespace certbroker::pki
