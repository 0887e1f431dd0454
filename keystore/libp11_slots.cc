#include "keystore/libp11_slots.h"

#include <fmt/format.h>
#include <libp11.h>
#include <openssl/err.h>

#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

std::string Text(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// libp11 reports through OpenSSL's error queue, and only there.
Error LastError(std::string_view doing) {
  const unsigned long code = ERR_peek_last_error();
  if (code != 0 && ERR_GET_LIB(code) == ERR_get_CKR_code()) {
    return CallFailed(doing, static_cast<CK_RV>(ERR_GET_REASON(code)));
  }
  const char* reason = ERR_reason_error_string(code);
  return {Reason::kHsmUnavailable,
          fmt::format("{} failed: {}", doing, reason == nullptr ? "no reason given" : reason)};
}

// The queue of this thread belongs to whoever called; libp11 and modules leave their own in it.
class QuietQueue {
 public:
  QuietQueue() { ERR_set_mark(); }
  ~QuietQueue() { ERR_pop_to_mark(); }
  QuietQueue(const QuietQueue&) = delete;
  QuietQueue& operator=(const QuietQueue&) = delete;
};

TokenFacts FactsOf(const PKCS11_TOKEN& token) {
  TokenFacts facts;
  facts.label = Text(token.label);
  facts.serial = Text(token.serialnr);
  facts.manufacturer = Text(token.manufacturer);
  facts.model = Text(token.model);
  facts.initialized = token.initialized != 0;
  facts.user_pin_set = token.userPinSet != 0;
  facts.user_pin_final_try = token.userPinFinalTry != 0;
  facts.user_pin_locked = token.userPinLocked != 0;
  return facts;
}

}  // namespace

std::string Describe(const TokenSelector& selector) {
  if (selector.label.empty()) {
    return fmt::format("the token with serial {}", Printable(selector.serial));
  }
  return selector.serial.empty()
             ? fmt::format("token '{}'", Printable(selector.label))
             : fmt::format("token '{}' with serial {}", Printable(selector.label),
                           Printable(selector.serial));
}

Result<std::unique_ptr<Libp11Slots>> Libp11Slots::Load(const std::string& module,
                                                       const std::string& init_args) {
  const QuietQueue quiet;
  PKCS11_CTX* context = PKCS11_CTX_new();
  CERTBROKER_CHECK(context != nullptr);
  if (!init_args.empty()) PKCS11_CTX_init_args(context, init_args.c_str());
  if (PKCS11_CTX_load(context, module.c_str()) != 0) {
    Error error = LastError("C_Initialize");
    PKCS11_CTX_free(context);
    return std::move(error).While(
        "the PKCS#11 module does not start (check its own configuration; for SoftHSM2 the file "
        "that "
        "SOFTHSM2_CONF names and the token directory in it)");
  }
  return std::unique_ptr<Libp11Slots>(new Libp11Slots(context));
}

Libp11Slots::~Libp11Slots() {
  const QuietQueue quiet;
  PKCS11_CTX_unload(context_);
  PKCS11_CTX_free(context_);
}

Result<std::vector<TokenFacts>> Libp11Slots::Tokens() {
  const QuietQueue quiet;
  PKCS11_SLOT* slots = nullptr;
  unsigned int size = 0;
  // Not PKCS11_update_slots: in 0.4.12 it reads past its array with two slots.
  if (PKCS11_enumerate_slots(context_, &slots, &size) != 0) {
    return LastError("listing the slots of the PKCS#11 module");
  }
  std::vector<TokenFacts> tokens;
  for (unsigned int i = 0; i < size; ++i) {
    if (slots[i].token != nullptr) tokens.push_back(FactsOf(*slots[i].token));
  }
  PKCS11_release_all_slots(context_, slots, size);
  return tokens;
}

}  // namespace certbroker::keystore
