#include "keystore/key_examination.h"

#include <utility>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/key_attributes.h"
#include "keystore/objects.h"
#include "keystore/raw_sign.h"

namespace certbroker::keystore {
namespace {

// The attribute; nothing when the object has none.
Result<std::optional<Bytes>> Read(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                  CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                                  std::string_view name) {
  AttributeValue answer = ReadAttribute(functions, session, object, type);
  if (answer.rv == CKR_OK) return std::optional(std::move(answer.value));
  if (answer.rv == CKR_ATTRIBUTE_TYPE_INVALID) return std::optional<Bytes>();
  return CallFailed(fmt::format("C_GetAttributeValue({})", name), answer.rv);
}

// Usually only the public object has the point or the exponent; some tokens keep it with both.
Result<PublicKey> ReadPublicKey(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                const KeyEntry& entry) {
  for (const CK_OBJECT_HANDLE object : {entry.public_key, entry.private_key}) {
    if (object == CK_INVALID_HANDLE) continue;
    ASSIGN_OR_RETURN(const auto point,
                     Read(functions, session, object, CKA_EC_POINT, "CKA_EC_POINT"));
    if (point) return PublicKey::FromEcPoint(*point);
    ASSIGN_OR_RETURN(const auto modulus,
                     Read(functions, session, object, CKA_MODULUS, "CKA_MODULUS"));
    ASSIGN_OR_RETURN(const auto exponent,
                     Read(functions, session, object, CKA_PUBLIC_EXPONENT, "CKA_PUBLIC_EXPONENT"));
    if (modulus && exponent) return PublicKey::FromRsa(*modulus, *exponent);
  }
  return Error(Reason::kHsmKeyRefused,
               "the token holds no public half of this key (no object of class CKO_PUBLIC_KEY with "
               "its CKA_ID)");
}

// A refusal is a finding about the key; anything else is trouble with the token.
Result<void> Note(Error error, std::optional<Error>& refusal) {
  if (error.reason() != Reason::kHsmKeyRefused) return error;
  if (!refusal) refusal = std::move(error);
  return {};
}

}  // namespace

Result<ExaminedKey> Examine(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                            const KeyEntry& entry, const ProofRecorder& recorder) {
  ExaminedKey key;
  key.entry = entry;
  if (entry.ambiguous) {
    key.refusal = Error(Reason::kHsmKeyRefused,
                        "its CKA_ID is used by more than one key pair, so nobody can tell which "
                        "halves belong together; remove the others");
  }
  auto attributes = ReadKeyAttributes(functions, session, entry.private_key, entry.public_key);
  if (attributes) {
    key.attributes = *std::move(attributes);
    if (auto refusal = Refusal(key.attributes)) {
      RETURN_IF_ERROR(Note(*std::move(refusal), key.refusal));
    }
  } else {
    RETURN_IF_ERROR(Note(attributes.error(), key.refusal));
  }
  auto public_key = ReadPublicKey(functions, session, entry);
  if (!public_key) {
    RETURN_IF_ERROR(Note(public_key.error(), key.refusal));
    return key;
  }
  key.public_key = *std::move(public_key);
  if (key.refusal) return key;
  const auto record = [&](ByteView octets) {
    return recorder.Record(entry, *key.public_key, octets);
  };
  if (auto proof = ProveKey(functions, session, entry.private_key, *key.public_key, record);
      !proof) {
    RETURN_IF_ERROR(Note(proof.error(), key.refusal));
  }
  return key;
}

KeyDescription Describe(const ExaminedKey& key, const std::string& token_label) {
  KeyDescription description;
  if (const auto uri = KeyUri::ForKey(token_label, key.entry.id)) description.uri = uri->ToString();
  description.id = Hex(key.entry.id);
  description.label = Printable(key.entry.label, 255);
  if (key.public_key) {
    description.algorithm = key.public_key->jwk().algorithm;
    description.thumbprint = key.public_key->thumbprint();
  }
  description.attributes = key.attributes;
  description.refusal = key.refusal;
  return description;
}

}  // namespace certbroker::keystore
