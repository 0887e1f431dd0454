#include "keystore/key_generation.h"

#include <utility>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/key_pair.h"
#include "keystore/writing_session.h"

namespace certbroker::keystore {
namespace {

// The id is ours alone, so everything under it is what a failed generation left. In a session of
// its own, because the one that failed may hold an operation that never ends.
CK_RV DestroyAll(const TokenConnection& connection, ByteView id) {
  const WritingSession session(connection.functions(), connection.slot());
  if (session.rv() != CKR_OK) return session.rv();
  return DestroyById(connection.functions(), session.handle(), id);
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
                             const NewKeyPair& wanted) {
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
  const WritingSession session(functions, connection.slot());
  if (session.rv() != CKR_OK) return CallFailed("C_OpenSession (to write)", session.rv());
  ASSIGN_OR_RETURN(Bytes id, RandomKeyId(functions, session.handle()));
  const NewKeyPair wanted{kind, std::move(id), label};
  {
    const MutexLock lock(module.admin_mutex());
    const CK_RV rv = MakeKeyPair(functions, session.handle(), wanted).rv;
    // SoftHSM and others leave what they had made before they failed.
    if (rv != CKR_OK) return GiveUp(connection, wanted.id, CallFailed("C_GenerateKeyPair", rv));
  }
  auto key = ReadBack(connection, session.handle(), wanted);
  if (key) return key;
  const MutexLock lock(module.admin_mutex());
  return GiveUp(connection, wanted.id, key.error());
}

}  // namespace certbroker::keystore
