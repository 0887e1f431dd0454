// A PKCS#11 module that forwards to another one and fails on demand. For tests: it makes happen
// what SoftHSM never does by itself. Its orders: orders.h; tests give them through
// tests/support/fault_module.h.
#include <cstring>
#include <type_traits>
#include <utility>

#include "tests/pkcs11_shim/control.h"
#include "tests/pkcs11_shim/token_model.h"

namespace certbroker::shim {
namespace {

CK_FUNCTION_LIST& Behind() {
  static CK_FUNCTION_LIST list = Modelled();
  return list;
}

template <class... Args>
void Spoil(Output, Args...) {}

// C_Sign's. Its caller left room.
void Spoil(Output output, CK_SESSION_HANDLE, unsigned char*, CK_ULONG, unsigned char* signature,
           CK_ULONG* size) {
  if (output == Output::kShort) --*size;
  if (output == Output::kLong) signature[(*size)++] = 0;
  if (output == Output::kWrong) signature[*size - 1] ^= 1;
}

template <auto Member, class Function>
struct Forward;

template <auto Member, class... Args>
struct Forward<Member, CK_RV (*)(Args...)> {
  static inline const char* name = nullptr;
  static CK_RV Call(Args... args) {
    const std::optional<Rule> rule = Control::Get().Arrive(name);
    if (rule && rule->rv != CKR_OK) return rule->rv;
    const CK_RV rv = (Behind().*Member)(args...);
    if (rv == CKR_OK && rule) Spoil(rule->output, args...);
    return rv;
  }
};

template <auto Member>
auto ForwardTo(const char* name) {
  using Function = std::remove_reference_t<decltype(std::declval<CK_FUNCTION_LIST>().*Member)>;
  Forward<Member, Function>::name = name;
  return &Forward<Member, Function>::Call;
}

CK_FUNCTION_LIST MakeList() {
  CK_FUNCTION_LIST list = Behind();
#define FORWARD(function) list.function = ForwardTo<&CK_FUNCTION_LIST::function>(#function)
  FORWARD(C_Initialize);
  FORWARD(C_Finalize);
  FORWARD(C_GetInfo);
  FORWARD(C_GetSlotList);
  FORWARD(C_GetSlotInfo);
  FORWARD(C_GetTokenInfo);
  FORWARD(C_GetMechanismList);
  FORWARD(C_GetMechanismInfo);
  FORWARD(C_InitToken);
  FORWARD(C_InitPIN);
  FORWARD(C_OpenSession);
  FORWARD(C_CloseSession);
  FORWARD(C_CloseAllSessions);
  FORWARD(C_GetSessionInfo);
  FORWARD(C_Login);
  FORWARD(C_Logout);
  FORWARD(C_CopyObject);
  FORWARD(C_DestroyObject);
  FORWARD(C_GetAttributeValue);
  FORWARD(C_FindObjectsInit);
  FORWARD(C_FindObjects);
  FORWARD(C_FindObjectsFinal);
  FORWARD(C_SignInit);
  FORWARD(C_Sign);
  FORWARD(C_GenerateKeyPair);
  FORWARD(C_GenerateRandom);
#undef FORWARD
  return list;
}

}  // namespace
}  // namespace certbroker::shim

extern "C" {

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** functions) {
  static CK_FUNCTION_LIST list = certbroker::shim::MakeList();
  *functions = &list;
  return CKR_OK;
}

// How often a function was called, in the life of the process.
__attribute__((visibility("default"))) long fault_module_calls(const char* function) {
  return certbroker::shim::Control::Get().calls(function);
}
}
