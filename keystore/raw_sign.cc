#include "keystore/raw_sign.h"

#include <array>

#include "core/check.h"
#include "core/random.h"
#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

// RFC 8017 §9.2 note 1: DigestInfo of SHA-256, up to the digest.
constexpr auto kSha256DigestInfo =
    std::to_array<std::uint8_t>({0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20});
// Room for RSA-4096: a wrong length is reported as such, not as a buffer too small.
constexpr std::size_t kLongestSignature = 512;

Bytes InputOf(KeyKind kind, ByteView digest) {
  Bytes input;
  if (IsRsa(kind)) input.assign(kSha256DigestInfo.begin(), kSha256DigestInfo.end());
  input.insert(input.end(), digest.begin(), digest.end());
  return input;
}

}  // namespace

RawSignature SignDigest(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        CK_OBJECT_HANDLE private_key, KeyKind kind, ByteView digest) {
  CERTBROKER_CHECK(digest.size() == DigestOctets(kind));
  CK_MECHANISM mechanism{IsRsa(kind) ? CKM_RSA_PKCS : CKM_ECDSA, nullptr, 0};
  RawSignature result;
  result.function = "C_SignInit";
  result.rv = functions.C_SignInit(session, &mechanism, private_key);
  if (result.rv != CKR_OK) return result;
  Bytes input = InputOf(kind, digest);
  std::array<std::uint8_t, kLongestSignature> buffer{};
  CK_ULONG size = buffer.size();
  result.function = "C_Sign";
  result.rv = functions.C_Sign(session, input.data(), input.size(), buffer.data(), &size);
  if (result.rv == CKR_OK) result.octets = ToBytes(ByteView(buffer).first(size));
  return result;
}

Result<void> ProveKey(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE private_key, const PublicKey& expected,
                      const std::function<Result<void>(ByteView)>& record) {
  Bytes challenge(DigestOctets(expected.kind()));
  SystemRandom().Fill(challenge);
  RETURN_IF_ERROR(record(challenge));
  const RawSignature signature =
      SignDigest(functions, session, private_key, expected.kind(), challenge);
  if (signature.rv != CKR_OK) return CallFailed(signature.function, signature.rv);
  if (!expected.Verifies(challenge, signature.octets)) {
    return Error(Reason::kHsmKeyRefused,
                 "the private key in the token does not match its public half: a test signature "
                 "does not verify. Was the token or the key replaced?");
  }
  return {};
}

}  // namespace certbroker::keystore
