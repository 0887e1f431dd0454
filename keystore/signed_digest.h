// keystore/signed_digest.h: a signature that has been checked before anybody sees it.
//
// A handle can come to name another key without any error, and a faulty RSA signature gives the
// private key away to whoever sees it (RFC 8017's CRT). So every signature is verified under the
// pinned public key, by the caller's own thread, while the token is free for others.
#pragma once

#include <memory>

#include "core/bytes.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_workers.h"
#include "keystore/token_link.h"

namespace certbroker::keystore {

// `digest` is DigestFor the key's kind. Waits for a worker's answer until `deadline`. A signature
// that does not verify is dropped and the token is started over, for whatever else it would say is
// in doubt too; the key then has to prove itself again. Errors: as Signer::Sign; kHsmUnavailable
// for such a signature.
Result<Bytes> SignDigestChecked(HsmWorkers& workers, TokenLink& link,
                                const std::shared_ptr<BoundKey>& key, const Bytes& digest,
                                SteadyTime deadline);

}  // namespace certbroker::keystore
