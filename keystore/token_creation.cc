#include "keystore/token_creation.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "keystore/ckr.h"

namespace certbroker::keystore {
namespace {

constexpr int kLooks = 3;
constexpr std::chrono::milliseconds kBetweenLooks{100};

CK_UTF8CHAR_PTR Octets(const Secret& pin) {
  return reinterpret_cast<CK_UTF8CHAR_PTR>(const_cast<char*>(pin.ExposeForUse().data()));
}

Result<Secret> ReadSoPin(const TokenRecipe& recipe) {
  if (!recipe.so_pin_file.empty()) return recipe.so_pin_file.Read();
  return Error(Reason::kConfigInvalid,
               fmt::format("token '{}' has to be made, which takes the PIN of its security "
                           "officer; give the file that holds it (--so-pin-file)",
                           Printable(recipe.label)));
}

Result<void> StartOver(Pkcs11Module& module) {
  module.Finalize();
  return module.Initialize();
}

// While another process logs in, SoftHSM shows its token as absent. One look is not enough to
// believe that there is none and to make a second one.
Result<std::optional<FoundToken>> Look(Pkcs11Module& module, const std::string& label) {
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) {
      std::this_thread::sleep_for(kBetweenLooks);
      RETURN_IF_ERROR(StartOver(module));
    }
    ASSIGN_OR_RETURN(std::vector<TokenFacts> tokens, module.Tokens());
    const auto same = [&](const TokenFacts& token) { return token.label == label; };
    if (std::ranges::none_of(tokens, same)) continue;
    ASSIGN_OR_RETURN(FoundToken found, module.FindToken({label, ""}));
    return std::optional(std::move(found));
  }
  return std::optional<FoundToken>();
}

Result<void> InitToken(Pkcs11Module& module, const TokenRecipe& recipe) {
  ASSIGN_OR_RETURN(const Secret so_pin, ReadSoPin(recipe));
  ASSIGN_OR_RETURN(const CK_SLOT_ID slot, module.FindBlankToken());
  std::array<CK_UTF8CHAR, sizeof(CK_TOKEN_INFO::label)> padded{};
  padded.fill(' ');
  std::ranges::copy(recipe.label, padded.begin());
  const CK_RV rv = module.functions().C_InitToken(slot, Octets(so_pin),
                                                  so_pin.ExposeForUse().size(), padded.data());
  if (rv != CKR_OK) return CallFailed("C_InitToken", rv);
  return {};
}

// As the security officer, in a session that is already open.
CK_RV SetUserPin(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, const Secret& so_pin,
                 const Secret& pin) {
  const CK_RV rv = functions.C_Login(session, CKU_SO, Octets(so_pin), so_pin.ExposeForUse().size());
  if (rv != CKR_OK) return rv;
  return functions.C_InitPIN(session, Octets(pin), pin.ExposeForUse().size());
}

Result<void> InitUserPin(Pkcs11Module& module, CK_SLOT_ID slot, const TokenRecipe& recipe) {
  ASSIGN_OR_RETURN(const Secret so_pin, ReadSoPin(recipe));
  ASSIGN_OR_RETURN(const Secret pin, recipe.pin_file.Read());
  CK_FUNCTION_LIST& functions = module.functions();
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  CK_RV rv = functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                     &session);
  if (rv != CKR_OK) return CallFailed("C_OpenSession", rv);
  rv = SetUserPin(functions, session, so_pin, pin);
  // The only session: closing it ends the officer's login.
  functions.C_CloseSession(session);
  if (rv != CKR_OK) return CallFailed("setting the user PIN (C_Login as SO, C_InitPIN)", rv);
  return {};
}

}  // namespace

Result<bool> EnsureToken(Pkcs11Module& module, const TokenRecipe& recipe) {
  ASSIGN_OR_RETURN(std::optional<FoundToken> token, Look(module, recipe.label));
  const bool create = !token.has_value();
  if (create) {
    // Both PIN files are read before anything is made.
    if (auto pin = recipe.pin_file.Read(); !pin) return pin.error();
    RETURN_IF_ERROR(InitToken(module, recipe));
    // A fresh token may come up in another slot.
    RETURN_IF_ERROR(StartOver(module));
    ASSIGN_OR_RETURN(token, module.FindToken({recipe.label, ""}));
  }
  if (!token->facts.user_pin_set) RETURN_IF_ERROR(InitUserPin(module, token->slot, recipe));
  return create;
}

}  // namespace certbroker::keystore
