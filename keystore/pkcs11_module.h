// keystore/pkcs11_module.h: one PKCS#11 module in this process: its function list, its
// C_Initialize, its tokens.
//
// C_Initialize and C_Finalize hold for the whole process, so a module has exactly one owner, and a
// second Load of the same file fails while it lives. Several tokens share it through a
// SharedModule. The shared object stays mapped for ever: modules do not survive dlclose. No fork
// after Load (child processes of SoftHSM's users crash).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/mutex.h"
#include "core/result.h"
#include "keystore/libp11_slots.h"
#include "keystore/token_facts.h"

namespace certbroker::keystore {

struct FoundToken {
  CK_SLOT_ID slot = 0;
  TokenFacts facts;
  CK_ULONG max_sessions = 0;  // 0: the token does not say
};

class Pkcs11Module {
 public:
  // Maps the shared object; does not initialise it. `init_args` goes to C_Initialize as pReserved;
  // empty for most modules. kConfigInvalid: no such file, not a PKCS#11 module, loaded already.
  static Result<std::unique_ptr<Pkcs11Module>> Load(const std::string& path,
                                                    const std::string& init_args);
  ~Pkcs11Module();
  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;

  const std::string& path() const { return path_; }

  // C_Initialize, with the operating system's locks. kHsmUnavailable: may succeed later.
  Result<void> Initialize();
  // C_Finalize. Nobody may be inside the module, all sessions and handles are void afterwards.
  // Harmless when not initialised.
  void Finalize();

  // Valid for the life of the process. Between Initialize and Finalize any thread may call it.
  CK_FUNCTION_LIST& functions() const { return *functions_; }

  // The one initialised token that matches, as libp11 lists it, with its slot in our own function
  // list (p11-kit's proxy numbers slots per list). kHsmUnavailable: none, and the text lists what
  // there is; or several.
  Result<FoundToken> FindToken(const TokenSelector& selector);
  // Every token present, blank ones too, as libp11 lists them. kHsmUnavailable.
  Result<std::vector<TokenFacts>> Tokens() { return slots_->Tokens(); }
  // A slot with a token that nobody has initialised yet. kHsmUnavailable.
  Result<CK_SLOT_ID> FindBlankToken();

  // Held over C_FindObjects, C_GenerateKeyPair and C_DestroyObject: SoftHSM 2.6.1 loses keys when
  // they run at once. Signing needs it not.
  Mutex& admin_mutex() { return admin_mutex_; }

 private:
  Pkcs11Module(std::string path, std::string init_args, void* handle, CK_FUNCTION_LIST* functions);
  Result<std::vector<CK_SLOT_ID>> SlotsWithToken();
  Result<FoundToken> WithSlot(TokenFacts facts);

  const std::string path_;
  const std::string init_args_;
  void* const handle_;
  CK_FUNCTION_LIST* const functions_;
  std::unique_ptr<Libp11Slots> slots_;
  Mutex admin_mutex_;
};

}  // namespace certbroker::keystore
