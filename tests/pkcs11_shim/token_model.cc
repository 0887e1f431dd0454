#include "tests/pkcs11_shim/token_model.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/pkcs11_shim/control.h"
#include "tests/pkcs11_shim/handle_map.h"

namespace certbroker::shim {
namespace {

// What the orders' token remembers.
struct State {
  std::mutex mutex;
  std::set<CK_SESSION_HANDLE> sessions;
  int wrong_pins = 0;
};

State& TheState() {
  static auto* const state = new State;
  return *state;
}

CK_RV Initialize(void* args) {
  const CK_RV rv = Real().C_Initialize(args);
  if (rv == CKR_OK) HandleMap::Get().Restart();
  return rv;
}

CK_RV Finalize(void* reserved) {
  const CK_RV rv = Real().C_Finalize(reserved);
  const std::lock_guard lock(TheState().mutex);
  TheState().sessions.clear();
  return rv;
}

CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify,
                  CK_SESSION_HANDLE* session) {
  const Orders orders = Control::Get().orders();
  if (orders.read_write_only && (flags & CKF_RW_SESSION) == 0) return CKR_ARGUMENTS_BAD;
  const auto limit = orders.max_sessions;
  const std::lock_guard lock(TheState().mutex);
  if (limit && TheState().sessions.size() >= *limit) return CKR_SESSION_COUNT;
  const CK_RV rv = Real().C_OpenSession(slot, flags, application, notify, session);
  if (rv == CKR_OK) TheState().sessions.insert(*session);
  return rv;
}

CK_RV CloseSession(CK_SESSION_HANDLE session) {
  const CK_RV rv = Real().C_CloseSession(session);
  const std::lock_guard lock(TheState().mutex);
  TheState().sessions.erase(session);
  return rv;
}

CK_RV CloseAllSessions(CK_SLOT_ID slot) {
  const CK_RV rv = Real().C_CloseAllSessions(slot);
  const std::lock_guard lock(TheState().mutex);
  TheState().sessions.clear();  // of all slots: a test that counts them has one
  return rv;
}

CK_FLAGS PinFlags(int tries, int wrong) {
  if (wrong >= tries) return CKF_USER_PIN_LOCKED;
  CK_FLAGS flags = wrong > 0 ? CKF_USER_PIN_COUNT_LOW : 0;
  if (wrong == tries - 1) flags |= CKF_USER_PIN_FINAL_TRY;
  return flags;
}

CK_RV GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  const CK_RV rv = Real().C_GetTokenInfo(slot, info);
  if (rv != CKR_OK) return rv;
  const Orders orders = Control::Get().orders();
  const std::lock_guard lock(TheState().mutex);
  info->flags |= orders.token_flags;
  if (orders.pin_tries) info->flags |= PinFlags(*orders.pin_tries, TheState().wrong_pins);
  if (orders.max_sessions) info->ulMaxSessionCount = *orders.max_sessions;
  if (!orders.serial.empty()) {
    std::ranges::fill(info->serialNumber, ' ');
    std::ranges::copy(orders.serial.substr(0, sizeof(info->serialNumber)), info->serialNumber);
  }
  return rv;
}

CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char* pin, CK_ULONG size) {
  const auto tries = Control::Get().orders().pin_tries;
  if (!tries || user != CKU_USER) return Real().C_Login(session, user, pin, size);
  const std::lock_guard lock(TheState().mutex);
  if (TheState().wrong_pins >= *tries) return CKR_PIN_LOCKED;
  const CK_RV rv = Real().C_Login(session, user, pin, size);
  if (rv == CKR_PIN_INCORRECT) ++TheState().wrong_pins;
  if (rv == CKR_OK) TheState().wrong_pins = 0;
  return rv;
}

// The security officer sets the PIN, which unlocks it.
CK_RV InitPin(CK_SESSION_HANDLE session, unsigned char* pin, CK_ULONG size) {
  const CK_RV rv = Real().C_InitPIN(session, pin, size);
  const std::lock_guard lock(TheState().mutex);
  if (rv == CKR_OK) TheState().wrong_pins = 0;
  return rv;
}

CK_RV FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG limit,
                  CK_ULONG* size) {
  const CK_RV rv = Real().C_FindObjects(session, objects, limit, size);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG i = 0; i < *size; ++i) objects[i] = HandleMap::Get().Shown(objects[i]);
  return rv;
}

CK_RV GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                        CK_ULONG size) {
  return Real().C_GetAttributeValue(session, HandleMap::Get().Meant(object), wanted, size);
}

CK_RV DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  return Real().C_DestroyObject(session, HandleMap::Get().Meant(object));
}

CK_RV CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                 CK_ULONG size, CK_OBJECT_HANDLE* copy) {
  const CK_RV rv =
      Real().C_CopyObject(session, HandleMap::Get().Meant(object), attributes, size, copy);
  if (rv == CKR_OK) *copy = HandleMap::Get().Shown(*copy);
  return rv;
}

bool Has(const CK_MECHANISM& mechanism) {
  return !Control::Get().orders().missing_mechanisms.contains(mechanism.mechanism);
}

CK_RV GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (!Has({type, nullptr, 0})) return CKR_MECHANISM_INVALID;
  return Real().C_GetMechanismInfo(slot, type, info);
}

CK_RV GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* size) {
  const CK_RV rv = Real().C_GetMechanismList(slot, list, size);
  if (rv != CKR_OK || list == nullptr) return rv;
  const auto* const end = std::remove_if(list, list + *size, [](auto type) {
    return !Has({type, nullptr, 0});
  });
  *size = static_cast<CK_ULONG>(end - list);
  return rv;
}

CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (!Has(*mechanism)) return CKR_MECHANISM_INVALID;
  return Real().C_SignInit(session, mechanism, HandleMap::Get().Meant(key));
}

CK_RV GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism,
                      CK_ATTRIBUTE* public_attributes, CK_ULONG public_size,
                      CK_ATTRIBUTE* private_attributes, CK_ULONG private_size,
                      CK_OBJECT_HANDLE* public_key, CK_OBJECT_HANDLE* private_key) {
  if (!Has(*mechanism)) return CKR_MECHANISM_INVALID;
  const CK_RV rv =
      Real().C_GenerateKeyPair(session, mechanism, public_attributes, public_size,
                               private_attributes, private_size, public_key, private_key);
  if (rv != CKR_OK) return rv;
  *private_key = HandleMap::Get().Shown(*private_key);
  *public_key = HandleMap::Get().Shown(*public_key);
  return rv;
}

}  // namespace

CK_FUNCTION_LIST& Real() {
  static CK_FUNCTION_LIST* const list = [] {
    const char* path = std::getenv("FAULT_MODULE_REAL");
    void* handle =
        ::dlopen(path == nullptr ? "/usr/lib/softhsm/libsofthsm2.so" : path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) std::abort();
    CK_FUNCTION_LIST* functions = nullptr;
    reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"))(&functions);
    return functions;
  }();
  return *list;
}

CK_FUNCTION_LIST Modelled() {
  CK_FUNCTION_LIST list = Real();
  list.C_Initialize = Initialize;
  list.C_Finalize = Finalize;
  list.C_OpenSession = OpenSession;
  list.C_CloseSession = CloseSession;
  list.C_CloseAllSessions = CloseAllSessions;
  list.C_GetTokenInfo = GetTokenInfo;
  list.C_GetMechanismInfo = GetMechanismInfo;
  list.C_GetMechanismList = GetMechanismList;
  list.C_Login = Login;
  list.C_InitPIN = InitPin;
  list.C_FindObjects = FindObjects;
  list.C_GetAttributeValue = GetAttributeValue;
  list.C_DestroyObject = DestroyObject;
  list.C_CopyObject = CopyObject;
  list.C_SignInit = SignInit;
  list.C_GenerateKeyPair = GenerateKeyPair;
  return list;
}

}  // namespace certbroker::shim
