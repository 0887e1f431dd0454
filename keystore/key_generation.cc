#include "keystore/key_generation.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/curves.h"
#include "keystore/objects.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kIdOctets = 16;
constexpr CK_BBOOL kTrue = CK_TRUE;
constexpr CK_BBOOL kFalse = CK_FALSE;

// A session that may write, closed at the end.
class WritingSession {
 public:
  explicit WritingSession(const TokenConnection& connection)
      : functions_(connection.functions()),
        rv_(functions_.C_OpenSession(connection.slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                     nullptr, nullptr, &handle_)) {}
  ~WritingSession() {
    if (rv_ == CKR_OK) functions_.C_CloseSession(handle_);
  }
  WritingSession(const WritingSession&) = delete;
  WritingSession& operator=(const WritingSession&) = delete;
  CK_RV rv() const { return rv_; }
  CK_SESSION_HANDLE handle() const { return handle_; }

 private:
  CK_FUNCTION_LIST& functions_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
  const CK_RV rv_;
};

enum class Usage { kExplicit, kTokensDefault };

// What an RSA pair is made from; an EC pair from the name of its curve.
constexpr auto kNewKeyExponent = std::to_array<std::uint8_t>({0x01, 0x00, 0x01});

struct NewKey {
  KeyKind kind;
  Bytes id;
  ByteView label;
};

ByteView CurveOf(KeyKind kind) {
  return kind == KeyKind::kEcP384 ? ByteView(kP384Oid) : ByteView(kP256Oid);
}

CK_RV GeneratePair(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, const NewKey& key,
                   Usage usage) {
  const CK_ULONG bits = BitsOf(key.kind);
  std::vector<CK_ATTRIBUTE> public_key = {
      AttributeOf(CKA_TOKEN, kTrue), AttributeOf(CKA_PRIVATE, kFalse),
      AttributeOf(CKA_VERIFY, kTrue), AttributeOf(CKA_LABEL, key.label),
      AttributeOf(CKA_ID, key.id)};
  if (IsRsa(key.kind)) {
    public_key.push_back(AttributeOf(CKA_MODULUS_BITS, bits));
    public_key.push_back(AttributeOf(CKA_PUBLIC_EXPONENT, ByteView(kNewKeyExponent)));
  } else {
    public_key.push_back(AttributeOf(CKA_EC_PARAMS, CurveOf(key.kind)));
  }
  // ALWAYS_SENSITIVE, NEVER_EXTRACTABLE and LOCAL are the token's to set; passing them is refused.
  std::vector<CK_ATTRIBUTE> private_key = {
      AttributeOf(CKA_TOKEN, kTrue),     AttributeOf(CKA_PRIVATE, kTrue),
      AttributeOf(CKA_SENSITIVE, kTrue), AttributeOf(CKA_EXTRACTABLE, kFalse),
      AttributeOf(CKA_SIGN, kTrue),      AttributeOf(CKA_LABEL, key.label),
      AttributeOf(CKA_ID, key.id)};
  if (usage == Usage::kExplicit) {
    private_key.push_back(AttributeOf(CKA_DECRYPT, kFalse));
    private_key.push_back(AttributeOf(CKA_UNWRAP, kFalse));
  }
  CK_MECHANISM mechanism{IsRsa(key.kind) ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr,
                         0};
  CK_OBJECT_HANDLE public_handle = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_handle = CK_INVALID_HANDLE;
  return functions.C_GenerateKeyPair(session, &mechanism, public_key.data(), public_key.size(),
                                     private_key.data(), private_key.size(), &public_handle,
                                     &private_handle);
}

bool RejectsTemplate(CK_RV rv) {
  return rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
         rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY;
}

Result<Bytes> RandomId(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session) {
  Bytes id(kIdOctets);
  const CK_RV rv = functions.C_GenerateRandom(session, id.data(), id.size());
  if (rv != CKR_OK) return CallFailed("C_GenerateRandom", rv);
  return id;
}

// The id is ours alone, so everything under it is what a failed generation left. In a session of
// its own, because the one that failed may hold an operation that never ends.
CK_RV DestroyAll(const TokenConnection& connection, ByteView id) {
  CK_FUNCTION_LIST& functions = connection.functions();
  const WritingSession session(connection);
  if (session.rv() != CKR_OK) return session.rv();
  const FoundObjects found = FindObjects(functions, session.handle(), {AttributeOf(CKA_ID, id)});
  CK_RV rv = found.rv;
  for (const CK_OBJECT_HANDLE handle : found.handles) {
    const CK_RV destroyed = functions.C_DestroyObject(session.handle(), handle);
    if (rv == CKR_OK) rv = destroyed;
  }
  return rv;
}

// `why` it was given up; with what to do by hand if it could not be cleaned up.
Error GiveUp(const TokenConnection& connection, ByteView id, Error why) {
  const CK_RV rv = DestroyAll(connection, id);
  if (rv == CKR_OK) return why;
  return std::move(why).While(fmt::format(
      "objects with the CKA_ID {} are left over and could not be removed ({}); remove them by hand",
      Hex(id), CkrName(rv)));
}

Result<ExaminedKey> ReadBack(TokenConnection& connection, CK_SESSION_HANDLE session,
                             const NewKey& wanted) {
  RETURN_IF_ERROR(connection.Rescan());
  ASSIGN_OR_RETURN(const KeyUri uri, KeyUri::ForKey(connection.facts().label, wanted.id));
  ASSIGN_OR_RETURN(const KeyEntry entry, connection.keys()->Find(uri));
  ASSIGN_OR_RETURN(ExaminedKey key, Examine(connection.functions(), session, entry,
                                            connection.ProofsUntil(SteadyTime::max())));
  if (key.refusal) return std::move(*std::move(key.refusal)).While("the key just generated");
  if (key.public_key->kind() != wanted.kind) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("the token made a key for {} where one for {} was asked for",
                             ToString(key.public_key->kind()), ToString(wanted.kind)));
  }
  return key;
}

}  // namespace

Result<ExaminedKey> GenerateKey(TokenConnection& connection, Pkcs11Module& module,
                                const std::string& label, KeyKind kind) {
  CK_FUNCTION_LIST& functions = connection.functions();
  const WritingSession session(connection);
  if (session.rv() != CKR_OK) return CallFailed("C_OpenSession (to write)", session.rv());
  ASSIGN_OR_RETURN(Bytes id, RandomId(functions, session.handle()));
  const NewKey wanted{kind, std::move(id), AsBytes(label)};
  {
    const MutexLock lock(module.admin_mutex());
    CK_RV rv = GeneratePair(functions, session.handle(), wanted, Usage::kExplicit);
    // Only what the token may do besides signing is left to it; SENSITIVE and EXTRACTABLE never
    // are.
    if (RejectsTemplate(rv) && DestroyAll(connection, wanted.id) == CKR_OK) {
      rv = GeneratePair(functions, session.handle(), wanted, Usage::kTokensDefault);
    }
    // SoftHSM and others leave what they had made before they failed.
    if (rv != CKR_OK) return GiveUp(connection, wanted.id, CallFailed("C_GenerateKeyPair", rv));
  }
  auto key = ReadBack(connection, session.handle(), wanted);
  if (key) return key;
  const MutexLock lock(module.admin_mutex());
  return GiveUp(connection, wanted.id, key.error());
}

}  // namespace certbroker::keystore
