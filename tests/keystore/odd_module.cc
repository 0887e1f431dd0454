#include "tests/keystore/odd_module.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "tests/keystore/odd_key.h"

namespace certbroker::keystore {
namespace {

using OddAttributes = std::map<CK_ATTRIBUTE_TYPE, Bytes>;

struct OddObject {
  OddAttributes attributes;
  std::shared_ptr<OddKey> key;
};

struct OddSession {
  std::vector<CK_OBJECT_HANDLE> found;
  std::shared_ptr<OddKey> signing;
};

struct OddState {
  std::mutex mutex;
  std::map<CK_OBJECT_HANDLE, OddObject> objects;
  std::map<CK_SESSION_HANDLE, OddSession> sessions;
  CK_SESSION_HANDLE last_session = 0;
  CK_OBJECT_HANDLE last_object = 0;
  bool logged_in = false;
  bool logged_in_before = false;  // since C_Initialize
  int logins = 0;
  int generated = 0;
};

OddModule* odd = nullptr;
OddState* state = nullptr;

Bytes OddBool(bool value) { return {static_cast<std::uint8_t>(value ? CK_TRUE : CK_FALSE)}; }

Bytes OddNumber(CK_ULONG value) {
  Bytes bytes(sizeof(value));
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

OddAttributes FromTemplate(const CK_ATTRIBUTE* attributes, CK_ULONG size) {
  OddAttributes map;
  for (CK_ULONG i = 0; i < size; ++i) {
    const auto* octets = static_cast<const std::uint8_t*>(attributes[i].pValue);
    map[attributes[i].type] = Bytes(octets, octets + attributes[i].ulValueLen);
  }
  return map;
}

void Add(OddAttributes attributes, const std::shared_ptr<OddKey>& key) {
  attributes[CKA_KEY_TYPE] = OddNumber(key->rsa() ? CKK_RSA : CKK_EC);
  if (key->rsa()) {
    attributes[CKA_MODULUS] = key->Modulus();
    attributes[CKA_PUBLIC_EXPONENT] = {1, 0, 1};
  } else {
    attributes[CKA_EC_PARAMS] = key->CurveOid();
  }
  state->objects[++state->last_object] = {std::move(attributes), key};
}

void AddPair(OddAttributes public_half, OddAttributes private_half,
             const std::shared_ptr<OddKey>& key) {
  public_half[CKA_CLASS] = OddNumber(CKO_PUBLIC_KEY);
  if (!key->rsa()) public_half[CKA_EC_POINT] = key->Point();
  private_half[CKA_CLASS] = OddNumber(CKO_PRIVATE_KEY);
  private_half[CKA_EXTRACTABLE] = OddBool(odd->extractable);
  private_half[CKA_ALWAYS_SENSITIVE] = OddBool(true);
  private_half[CKA_NEVER_EXTRACTABLE] = OddBool(!odd->extractable);
  private_half[CKA_LOCAL] = OddBool(odd->says_local);
  Add(std::move(public_half), key);
  Add(std::move(private_half), key);
}

bool IsPrivate(const OddObject& object) {
  const auto flag = object.attributes.find(CKA_PRIVATE);
  return flag != object.attributes.end() && flag->second == OddBool(true);
}

CK_RV OddInfo(CK_INFO* info) {
  *info = {};
  std::memcpy(info->manufacturerID, "Odd Works\x1b                      ", 32);
  std::memset(info->libraryDescription, ' ', sizeof(info->libraryDescription));
  info->cryptokiVersion = {2, 40};
  return CKR_OK;
}

CK_RV OddTokenInfo(CK_SLOT_ID, CK_TOKEN_INFO* info) {
  *info = {};
  std::memset(info->label, ' ', sizeof(info->label));
  std::memcpy(info->label, "odd", 3);
  info->ulMaxSessionCount = odd->session_limit;
  info->flags = odd->read_only ? CKF_WRITE_PROTECTED : 0;
  return CKR_OK;
}

bool HasMechanism(CK_MECHANISM_TYPE type) {
  const bool ec = type == CKM_EC_KEY_PAIR_GEN || type == CKM_ECDSA;
  const bool makes = type == CKM_EC_KEY_PAIR_GEN || type == CKM_RSA_PKCS_KEY_PAIR_GEN;
  return (!ec || !odd->rsa_only) && (!makes || odd->has_generation);
}

CK_RV OddMechanismList(CK_SLOT_ID, CK_MECHANISM_TYPE*, CK_ULONG* size) {
  *size = 4;
  return CKR_OK;
}

CK_RV OddMechanismInfo(CK_SLOT_ID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (!HasMechanism(type)) return CKR_MECHANISM_INVALID;
  *info = {256, 4096, CKF_SIGN | CKF_GENERATE_KEY_PAIR};
  return CKR_OK;
}

CK_RV OddOpen(CK_SLOT_ID, CK_FLAGS flags, void*, CK_NOTIFY, CK_SESSION_HANDLE* session) {
  const std::lock_guard lock(state->mutex);
  const bool writing = (flags & CKF_RW_SESSION) != 0;
  if (writing && odd->read_only) return CKR_TOKEN_WRITE_PROTECTED;
  if (!writing && !odd->has_read_only_sessions) return CKR_ARGUMENTS_BAD;
  if (state->sessions.size() >= odd->session_limit) return CKR_SESSION_COUNT;
  *session = ++state->last_session;
  state->sessions[*session] = {};
  return CKR_OK;
}

CK_RV OddClose(CK_SESSION_HANDLE session) {
  const std::lock_guard lock(state->mutex);
  if (state->sessions.erase(session) == 0) return CKR_SESSION_HANDLE_INVALID;
  if (state->sessions.empty()) state->logged_in = false;
  return CKR_OK;
}

CK_RV OddLogin(CK_SESSION_HANDLE, CK_USER_TYPE, CK_UTF8CHAR* pin, CK_ULONG size) {
  const std::lock_guard lock(state->mutex);
  ++state->logins;
  if (std::string(reinterpret_cast<const char*>(pin), size) != odd->pin) return CKR_PIN_INCORRECT;
  if (state->logged_in_before && !odd->second_login) return CKR_GENERAL_ERROR;
  state->logged_in = state->logged_in_before = true;
  return CKR_OK;
}

CK_RV OddRandom(CK_SESSION_HANDLE, unsigned char* octets, CK_ULONG size) {
  if (!odd->has_random) return CKR_RANDOM_NO_RNG;
  SystemRandom().Fill({octets, size});
  return CKR_OK;
}

CK_RV OddGenerate(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_ATTRIBUTE* public_half,
                  CK_ULONG public_size, CK_ATTRIBUTE* private_half, CK_ULONG private_size,
                  CK_OBJECT_HANDLE*, CK_OBJECT_HANDLE*) {
  const std::lock_guard lock(state->mutex);
  if (!HasMechanism(mechanism->mechanism)) return CKR_MECHANISM_INVALID;
  OddAttributes for_public = FromTemplate(public_half, public_size);
  OddAttributes for_private = FromTemplate(private_half, private_size);
  if (!odd->takes_decrypt_false && for_private.contains(CKA_DECRYPT)) {
    return CKR_TEMPLATE_INCONSISTENT;
  }
  const bool rsa = mechanism->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN;
  CK_ULONG bits = 0;
  if (rsa) std::memcpy(&bits, for_public.at(CKA_MODULUS_BITS).data(), sizeof(bits));
  const auto key = rsa ? OddKey::Rsa(bits) : OddKey::Ec(for_public.at(CKA_EC_PARAMS));
  AddPair(std::move(for_public), std::move(for_private), key);
  ++state->generated;
  return CKR_OK;
}

CK_RV OddDestroy(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object) {
  const std::lock_guard lock(state->mutex);
  if (odd->keeps_destroyed) return CKR_FUNCTION_FAILED;
  return state->objects.erase(object) == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV OddAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                        CK_ULONG size) {
  const std::lock_guard lock(state->mutex);
  CERTBROKER_CHECK(size == 1);
  const auto entry = state->objects.find(object);
  if (entry == state->objects.end()) return CKR_OBJECT_HANDLE_INVALID;
  if (wanted->type == CKA_VALUE || wanted->type == CKA_PRIVATE_EXPONENT) {
    return CKR_ATTRIBUTE_SENSITIVE;
  }
  const auto value = entry->second.attributes.find(wanted->type);
  if (value == entry->second.attributes.end()) return CKR_ATTRIBUTE_TYPE_INVALID;
  if (wanted->ulValueLen < value->second.size()) return CKR_BUFFER_TOO_SMALL;
  std::ranges::copy(value->second, static_cast<std::uint8_t*>(wanted->pValue));
  wanted->ulValueLen = value->second.size();
  return CKR_OK;
}

CK_RV OddFindInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* wanted, CK_ULONG size) {
  const std::lock_guard lock(state->mutex);
  const OddAttributes asked = FromTemplate(wanted, size);
  std::vector<CK_OBJECT_HANDLE>& matches = state->sessions.at(session).found;
  matches.clear();
  for (const auto& [handle, object] : state->objects) {
    const auto fits = [&attributes = object.attributes](const auto& pair) {
      const auto value = attributes.find(pair.first);
      return value != attributes.end() && value->second == pair.second;
    };
    if (IsPrivate(object) && !state->logged_in) continue;
    if (std::ranges::all_of(asked, fits)) matches.push_back(handle);
  }
  return CKR_OK;
}

CK_RV OddFind(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG limit,
              CK_ULONG* size) {
  const std::lock_guard lock(state->mutex);
  std::vector<CK_OBJECT_HANDLE>& matches = state->sessions.at(session).found;
  *size = std::min<CK_ULONG>(limit, matches.size());
  const auto last = matches.begin() + static_cast<std::ptrdiff_t>(*size);
  std::copy(matches.begin(), last, objects);
  matches.erase(matches.begin(), last);
  return CKR_OK;
}

CK_RV OddFindFinal(CK_SESSION_HANDLE) { return CKR_OK; }

CK_RV OddSignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE object) {
  const std::lock_guard lock(state->mutex);
  if (!HasMechanism(mechanism->mechanism)) return CKR_MECHANISM_INVALID;
  if (!state->logged_in) return CKR_USER_NOT_LOGGED_IN;
  const auto entry = state->objects.find(object);
  if (entry == state->objects.end()) return CKR_KEY_HANDLE_INVALID;
  if (entry->second.key->rsa() != (mechanism->mechanism == CKM_RSA_PKCS)) {
    return CKR_KEY_TYPE_INCONSISTENT;
  }
  state->sessions.at(session).signing = entry->second.key;
  return CKR_OK;
}

CK_RV OddSign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG data_size,
              unsigned char* out, CK_ULONG* size) {
  std::shared_ptr<OddKey> key;
  {
    const std::lock_guard lock(state->mutex);
    key = std::move(state->sessions.at(session).signing);
  }
  if (key == nullptr) return CKR_OPERATION_NOT_INITIALIZED;
  Bytes signature = key->Sign({data, data_size});
  if (odd->signs_wrong) signature.back() ^= 1;
  std::ranges::copy(signature, out);
  *size = signature.size();
  return CKR_OK;
}

}  // namespace

OddModule::OddModule() {
  CERTBROKER_CHECK(odd == nullptr);
  odd = this;
  state = new OddState;
  functions_.C_GetInfo = OddInfo;
  functions_.C_GetTokenInfo = OddTokenInfo;
  functions_.C_GetMechanismList = OddMechanismList;
  functions_.C_GetMechanismInfo = OddMechanismInfo;
  functions_.C_OpenSession = OddOpen;
  functions_.C_CloseSession = OddClose;
  functions_.C_Login = OddLogin;
  functions_.C_GenerateRandom = OddRandom;
  functions_.C_GenerateKeyPair = OddGenerate;
  functions_.C_DestroyObject = OddDestroy;
  functions_.C_GetAttributeValue = OddAttributeValue;
  functions_.C_FindObjectsInit = OddFindInit;
  functions_.C_FindObjects = OddFind;
  functions_.C_FindObjectsFinal = OddFindFinal;
  functions_.C_SignInit = OddSignInit;
  functions_.C_Sign = OddSign;
}

OddModule::~OddModule() {
  odd = nullptr;
  delete std::exchange(state, nullptr);
}

void OddModule::Restart() {
  const std::lock_guard lock(state->mutex);
  state->sessions.clear();
  state->logged_in = state->logged_in_before = false;
  if (!renumbers) return;
  std::map<CK_OBJECT_HANDLE, OddObject> upside_down;
  CK_OBJECT_HANDLE handle = 0;
  for (auto object = state->objects.rbegin(); object != state->objects.rend(); ++object) {
    upside_down[++handle] = object->second;
  }
  state->objects.swap(upside_down);
}

void OddModule::AddKey(const std::string& label, const Bytes& id) {
  const std::lock_guard lock(state->mutex);
  const OddAttributes both = {{CKA_ID, id},
                              {CKA_LABEL, ToBytes(AsBytes(label))},
                              {CKA_TOKEN, OddBool(true)},
                              {CKA_PRIVATE, OddBool(false)}};
  OddAttributes private_half = both;
  for (const CK_ATTRIBUTE_TYPE type : {CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN}) {
    private_half[type] = OddBool(true);
  }
  AddPair(both, private_half, rsa_only ? OddKey::Rsa(2048) : OddKey::P256());
}

int OddModule::logins() const { return state->logins; }
int OddModule::generated() const { return state->generated; }
std::size_t OddModule::objects() const { return state->objects.size(); }
std::size_t OddModule::sessions() const { return state->sessions.size(); }

}  // namespace certbroker::keystore
