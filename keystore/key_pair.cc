#include "keystore/key_pair.h"

#include <array>
#include <vector>

#include "core/random.h"
#include "keystore/ckr.h"
#include "keystore/curves.h"
#include "keystore/objects.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kIdOctets = 16;
constexpr CK_BBOOL kTrue = CK_TRUE;
constexpr CK_BBOOL kFalse = CK_FALSE;
// What an RSA pair is made from; an EC pair from the name of its curve.
constexpr auto kNewKeyExponent = std::to_array<std::uint8_t>({0x01, 0x00, 0x01});

enum class Usage { kExplicit, kTokensDefault };

ByteView CurveOf(KeyKind kind) {
  return kind == KeyKind::kEcP384 ? ByteView(kP384Oid) : ByteView(kP256Oid);
}

std::vector<CK_ATTRIBUTE> PublicTemplate(const NewKeyPair& key, const CK_ULONG& bits) {
  std::vector<CK_ATTRIBUTE> attributes = {
      AttributeOf(CKA_TOKEN, kTrue), AttributeOf(CKA_PRIVATE, kFalse),
      AttributeOf(CKA_VERIFY, kTrue), AttributeOf(CKA_LABEL, AsBytes(key.label)),
      AttributeOf(CKA_ID, ByteView(key.id))};
  if (IsRsa(key.kind)) {
    attributes.push_back(AttributeOf(CKA_MODULUS_BITS, bits));
    attributes.push_back(AttributeOf(CKA_PUBLIC_EXPONENT, ByteView(kNewKeyExponent)));
  } else {
    attributes.push_back(AttributeOf(CKA_EC_PARAMS, CurveOf(key.kind)));
  }
  return attributes;
}

std::vector<CK_ATTRIBUTE> PrivateTemplate(const NewKeyPair& key, Usage usage) {
  // ALWAYS_SENSITIVE, NEVER_EXTRACTABLE and LOCAL are the token's to set; passing them is refused.
  std::vector<CK_ATTRIBUTE> attributes = {
      AttributeOf(CKA_TOKEN, kTrue),        AttributeOf(CKA_PRIVATE, kTrue),
      AttributeOf(CKA_SENSITIVE, kTrue),    AttributeOf(CKA_EXTRACTABLE, kFalse),
      AttributeOf(CKA_SIGN, kTrue),         AttributeOf(CKA_LABEL, AsBytes(key.label)),
      AttributeOf(CKA_ID, ByteView(key.id))};
  if (usage == Usage::kExplicit) {
    attributes.push_back(AttributeOf(CKA_DECRYPT, kFalse));
    attributes.push_back(AttributeOf(CKA_UNWRAP, kFalse));
  }
  return attributes;
}

MadeKeyPair Generate(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, const NewKeyPair& key,
                     Usage usage) {
  const CK_ULONG bits = BitsOf(key.kind);
  std::vector<CK_ATTRIBUTE> public_half = PublicTemplate(key, bits);
  std::vector<CK_ATTRIBUTE> private_half = PrivateTemplate(key, usage);
  CK_MECHANISM mechanism{IsRsa(key.kind) ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr,
                         0};
  MadeKeyPair made;
  made.rv = functions.C_GenerateKeyPair(session, &mechanism, public_half.data(), public_half.size(),
                                        private_half.data(), private_half.size(), &made.public_key,
                                        &made.private_key);
  return made;
}

bool RejectsTemplate(CK_RV rv) {
  return rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
         rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY;
}

}  // namespace

MadeKeyPair MakeKeyPair(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        const NewKeyPair& key) {
  const MadeKeyPair whole = Generate(functions, session, key, Usage::kExplicit);
  // SoftHSM and others leave what they had made before they failed, and it must not share its id.
  if (!RejectsTemplate(whole.rv) || DestroyById(functions, session, key.id) != CKR_OK) {
    return whole;
  }
  MadeKeyPair relaxed = Generate(functions, session, key, Usage::kTokensDefault);
  relaxed.refused_usage = whole.rv;
  return relaxed;
}

CK_RV DestroyById(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, ByteView id) {
  const FoundObjects found = FindObjects(functions, session, {AttributeOf(CKA_ID, id)});
  CK_RV rv = found.rv;
  for (const CK_OBJECT_HANDLE handle : found.handles) {
    const CK_RV destroyed = functions.C_DestroyObject(session, handle);
    if (rv == CKR_OK) rv = destroyed;
  }
  return rv;
}

Result<Bytes> RandomKeyId(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session) {
  Bytes id(kIdOctets);
  const CK_RV rv = functions.C_GenerateRandom(session, id.data(), id.size());
  if (rv == CKR_RANDOM_NO_RNG || rv == CKR_FUNCTION_NOT_SUPPORTED) {
    SystemRandom().Fill(id);
  } else if (rv != CKR_OK) {
    return CallFailed("C_GenerateRandom", rv);
  }
  return id;
}

}  // namespace certbroker::keystore
