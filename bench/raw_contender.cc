#include <mutex>

#include "bench/contender.h"
#include "keystore/ckr.h"
#include "keystore/key_index.h"
#include "keystore/pkcs11_module.h"
#include "keystore/raw_sign.h"
#include "keystore/session_pool.h"

namespace certbroker::bench {
namespace {

class Raw final : public Contender {
 public:
  static Result<std::unique_ptr<Contender>> Make(const SignTarget& target) {
    auto raw = std::make_unique<Raw>();
    raw->target_ = target;
    ASSIGN_OR_RETURN(raw->module_, keystore::Pkcs11Module::Load(target.module, ""));
    RETURN_IF_ERROR(raw->module_->Initialize());
    ASSIGN_OR_RETURN(const auto token, raw->module_->FindToken({target.token_label, ""}));
    raw->slot_ = token.slot;
    ASSIGN_OR_RETURN(const CK_SESSION_HANDLE session, raw->Open());
    std::string pin = target.pin;
    const CK_RV rv = raw->functions().C_Login(
        session, CKU_USER, reinterpret_cast<CK_UTF8CHAR_PTR>(pin.data()), pin.size());
    if (rv != CKR_OK) return keystore::CallFailed("C_Login", rv);
    ASSIGN_OR_RETURN(const auto index, keystore::KeyIndex::Build(raw->functions(), session));
    ASSIGN_OR_RETURN(const auto uri, keystore::KeyUri::Parse("pkcs11:token=" + target.token_label +
                                                             ";object=" + target.key_label));
    ASSIGN_OR_RETURN(const auto entry, index.Find(uri));
    raw->key_ = entry.private_key;
    return std::unique_ptr<Contender>(std::move(raw));
  }

  Result<std::function<bool()>> Hand() override {
    ASSIGN_OR_RETURN(const CK_SESSION_HANDLE session, Open());
    return std::function<bool()>([this, session, digest = Bytes(DigestOctets(target_.kind), 7)] {
      return keystore::SignDigest(functions(), session, key_, target_.kind, digest).rv == CKR_OK;
    });
  }

 private:
  CK_FUNCTION_LIST& functions() { return module_->functions(); }
  Result<CK_SESSION_HANDLE> Open() {
    CK_SESSION_HANDLE session = 0;
    const CK_RV rv = keystore::OpenSession(functions(), slot_, &session);
    if (rv != CKR_OK) return keystore::CallFailed("C_OpenSession", rv);
    return session;
  }

  SignTarget target_;
  std::unique_ptr<keystore::Pkcs11Module> module_;
  CK_SLOT_ID slot_ = 0;
  CK_OBJECT_HANDLE key_ = 0;
};

}  // namespace

Result<std::unique_ptr<Contender>> MakeRaw(const SignTarget& target) { return Raw::Make(target); }

}  // namespace certbroker::bench
