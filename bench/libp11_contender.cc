#include <array>

#include <libp11.h>
#include <openssl/evp.h>

#include "bench/contender.h"

namespace certbroker::bench {
namespace {

Error Libp11Failed(std::string_view function) {
  return {Reason::kHsmUnavailable, std::string(function) + " of libp11 failed"};
}

class Libp11 final : public Contender {
 public:
  explicit Libp11(keystore::KeyKind kind) : kind_(kind) {}

  Result<void> Open(const SignTarget& target) {
    PKCS11_CTX* const context = PKCS11_CTX_new();
    if (PKCS11_CTX_load(context, target.module.c_str()) != 0) return Libp11Failed("CTX_load");
    PKCS11_SLOT* slots = nullptr;
    unsigned int size = 0;
    if (PKCS11_enumerate_slots(context, &slots, &size) != 0) return Libp11Failed("enumerate_slots");
    PKCS11_SLOT* slot = nullptr;
    for (unsigned int i = 0; i < size; ++i) {
      if (slots[i].token != nullptr && slots[i].token->label == target.token_label) {
        slot = &slots[i];
      }
    }
    if (slot == nullptr) return Libp11Failed("the list of tokens");
    if (PKCS11_login(slot, 0, target.pin.c_str()) != 0) return Libp11Failed("login");
    PKCS11_KEY* keys = nullptr;
    unsigned int count = 0;
    if (PKCS11_enumerate_keys(slot->token, &keys, &count) != 0) {
      return Libp11Failed("enumerate_keys");
    }
    for (unsigned int i = 0; i < count; ++i) {
      if (keys[i].label == target.key_label) key_ = PKCS11_get_private_key(&keys[i]);
    }
    if (key_ == nullptr) return Libp11Failed("the list of keys");
    return {};
  }

  Result<std::function<bool()>> Hand() override {
    const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const EVP_MD* hash = kind_ == keystore::KeyKind::kEcP384 ? EVP_sha384() : EVP_sha256();
    return std::function<bool()>([this, context, hash] {
      static constexpr std::array<unsigned char, 32> kText{};
      std::array<unsigned char, 512> signature{};
      std::size_t size = signature.size();
      return EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_) == 1 &&
             EVP_DigestSign(context.get(), signature.data(), &size, kText.data(), kText.size()) ==
                 1;
    });
  }

 private:
  const keystore::KeyKind kind_;
  EVP_PKEY* key_ = nullptr;  // with all of libp11's, until the process ends
};

}  // namespace

Result<std::unique_ptr<Contender>> MakeLibp11(const SignTarget& target) {
  auto made = std::make_unique<Libp11>(target.kind);
  RETURN_IF_ERROR(made->Open(target));
  return std::unique_ptr<Contender>(std::move(made));
}

}  // namespace certbroker::bench
