#include "keystore/bound_key.h"

#include <utility>

#include "keystore/key_examination.h"

namespace certbroker::keystore {
namespace {

// `Error` whose text begins with the key's name.
Error About(const KeyUri& uri, Error error) {
  return std::move(error).While("key " + uri.ToString());
}

Result<ExaminedKey> ExamineUri(TokenConnection& connection, CK_SESSION_HANDLE session,
                               const KeyUri& uri, SteadyTime deadline) {
  ASSIGN_OR_RETURN(const KeyEntry entry, connection.keys()->Find(uri));
  ASSIGN_OR_RETURN(ExaminedKey key, Examine(connection.functions(), session, entry,
                                            connection.ProofsUntil(deadline)));
  if (key.refusal) return *std::move(key.refusal);
  return key;
}

// A key that was provisioned after the last scan is not in the index yet; one that is neither there
// nor in the token is missing. A session serves once: after a failure it is closed.
Attempt<ExaminedKey> Look(TokenConnection& connection, const KeyUri& uri, SteadyTime deadline) {
  auto [rv, session] = connection.sessions().Acquire(deadline);
  if (rv != CKR_OK) return {CallFailed("C_OpenSession", rv), Classify(rv)};
  auto key = ExamineUri(connection, session->handle(), uri, deadline);
  if (!key && key.error().reason() == Reason::kHsmKeyMissing) {
    if (auto scanned = connection.Rescan(); !scanned)
      return AttemptOf<ExaminedKey>(scanned.error());
    key = ExamineUri(connection, session->handle(), uri, deadline);
  }
  if (!key) return AttemptOf<ExaminedKey>(About(uri, key.error()));
  std::move(*session).GiveBack();
  return {std::move(key)};
}

}  // namespace

BoundKey::BoundKey(KeyUri uri, PublicKey public_key)
    : uri_(std::move(uri)), public_key_(std::move(public_key)) {}

Attempt<std::shared_ptr<BoundKey>> BoundKey::Bind(TokenConnection& connection, const KeyUri& uri,
                                                  SteadyTime deadline) {
  Attempt<ExaminedKey> key = Look(connection, uri, deadline);
  if (!key.result) return {key.result.error(), key.fault};
  std::shared_ptr<BoundKey> bound(new BoundKey(uri, *key.result->public_key));
  const MutexLock lock(bound->mutex_);
  bound->handle_ = key.result->entry.private_key;
  bound->epoch_ = connection.epoch();
  return {bound};
}

Attempt<CK_OBJECT_HANDLE> BoundKey::HandleIn(TokenConnection& connection, SteadyTime deadline) {
  {
    const MutexLock lock(mutex_);
    if (epoch_ == connection.epoch()) return {handle_};
  }
  // Several threads may do this at once: the same answer a few times, and no lock held over calls
  // into the token.
  Attempt<ExaminedKey> key = Look(connection, uri_, deadline);
  if (!key.result) return {key.result.error(), key.fault};
  if (*key.result->public_key != public_key_) {
    return {About(uri_, {Reason::kHsmKeyRefused,
                         "the token now holds another key under this name (its public half "
                         "changed); nothing was signed with it"}),
            Fault::kFinal};
  }
  const MutexLock lock(mutex_);
  handle_ = key.result->entry.private_key;
  epoch_ = connection.epoch();
  return {handle_};
}

void BoundKey::Forget() {
  const MutexLock lock(mutex_);
  epoch_ = 0;
}

}  // namespace certbroker::keystore
