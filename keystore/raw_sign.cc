#include "keystore/raw_sign.h"

#include <array>

#include "core/random.h"
#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kDigest = 32;

}  // namespace

RawSignature SignDigest(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        CK_OBJECT_HANDLE private_key, ByteView digest) {
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  RawSignature result;
  result.function = "C_SignInit";
  result.rv = functions.C_SignInit(session, &mechanism, private_key);
  if (result.rv != CKR_OK) return result;
  // Room for P-521: a wrong length is reported as such, not as a buffer too small.
  std::array<std::uint8_t, 132> buffer{};
  CK_ULONG size = buffer.size();
  result.function = "C_Sign";
  result.rv = functions.C_Sign(session, const_cast<std::uint8_t*>(digest.data()), digest.size(),
                               buffer.data(), &size);
  if (result.rv == CKR_OK) result.octets = ToBytes(ByteView(buffer).first(size));
  return result;
}

Result<void> ProveKey(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE private_key, const EcPublicKey& expected) {
  std::array<std::uint8_t, kDigest> challenge{};
  SystemRandom().Fill(challenge);
  const RawSignature signature = SignDigest(functions, session, private_key, challenge);
  if (signature.rv != CKR_OK) return CallFailed(signature.function, signature.rv);
  if (!expected.Verifies(challenge, signature.octets)) {
    return Error(Reason::kHsmKeyRefused,
                 "the private key in the token does not match its public half: a test signature "
                 "does not verify. Was the token or the key replaced?");
  }
  return {};
}

}  // namespace certbroker::keystore
