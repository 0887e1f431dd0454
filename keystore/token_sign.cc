#include "keystore/token_sign.h"

#include <utility>

#include <fmt/format.h>

#include "keystore/raw_sign.h"
#include "keystore/with_token.h"

namespace certbroker::keystore {
namespace {

// What a failed signature says about things beside it.
void ActOn(Fault fault, TokenConnection& connection, BoundKey& key) {
  if (fault == Fault::kSession) connection.sessions().CloseIdle();
  if (fault == Fault::kHandle) {
    // A scan that fails shows in the next try.
    static_cast<void>(connection.Rescan());
    key.Forget();
  }
}

Attempt<Bytes> TrySign(TokenConnection& connection, BoundKey& key, ByteView digest,
                       SteadyTime deadline) {
  const Attempt<CK_OBJECT_HANDLE> handle = key.HandleIn(connection, deadline);
  if (!handle.result) return {handle.result.error(), handle.fault};
  auto [rv, session] = connection.sessions().Acquire(deadline);
  if (rv != CKR_OK) return {CallFailed("C_OpenSession", rv), Classify(rv)};

  const KeyKind kind = key.public_key().kind();
  RawSignature signature =
      SignDigest(connection.functions(), session->handle(), *handle.result, kind, digest);
  if (signature.rv != CKR_OK) {
    const Fault fault = Classify(signature.rv);
    ActOn(fault, connection, key);
    return {CallFailed(signature.function, signature.rv), fault};
  }
  if (signature.octets.size() != SignatureOctets(kind)) {
    return {Error(Reason::kHsmKeyRefused,
                  fmt::format("the token made an {} signature of {} octets instead of {}; it was "
                              "dropped",
                              ToString(kind), signature.octets.size(), SignatureOctets(kind))),
            Fault::kFinal};
  }
  std::move(*session).GiveBack();
  return {std::move(signature.octets)};
}

}  // namespace

Result<Bytes> SignInToken(TokenLink& link, BoundKey& key, ByteView digest, SteadyTime deadline) {
  return WithToken<Bytes>(link, deadline, [&](TokenConnection& connection) {
    return TrySign(connection, key, digest, deadline);
  });
}

}  // namespace certbroker::keystore
