#include "tests/keystore/fake_module.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/check.h"
#include "keystore/curves.h"

namespace certbroker::keystore {
namespace {

FakeModule* the_module = nullptr;
std::vector<CK_OBJECT_HANDLE> found;

CK_RV OpenSession(CK_SLOT_ID, CK_FLAGS flags, void*, CK_NOTIFY, CK_SESSION_HANDLE* session) {
  if ((flags & CKF_RW_SESSION) == 0 && !the_module->read_only_sessions) return CKR_ARGUMENTS_BAD;
  if (the_module->open_sessions >= the_module->session_limit) return CKR_SESSION_COUNT;
  ++the_module->open_sessions;
  *session = static_cast<CK_SESSION_HANDLE>(++the_module->opened);
  return CKR_OK;
}

CK_RV CloseSession(CK_SESSION_HANDLE) {
  --the_module->open_sessions;
  return CKR_OK;
}

const FakeModule::Attribute* Find(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  const auto entry = the_module->objects.find(object);
  if (entry == the_module->objects.end()) return nullptr;
  const auto attribute = entry->second.find(type);
  return attribute == entry->second.end() ? nullptr : &attribute->second;
}

CK_RV GetAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                        CK_ULONG size) {
  CERTBROKER_CHECK(size == 1);
  const FakeModule::Attribute* attribute = Find(object, wanted->type);
  if (attribute == nullptr) return CKR_ATTRIBUTE_TYPE_INVALID;
  if (const auto* rv = std::get_if<CK_RV>(attribute)) return *rv;
  const Bytes& value = std::get<Bytes>(*attribute);
  if (wanted->pValue != nullptr) {
    if (wanted->type == CKA_VALUE) ++the_module->reads_of_value;
    if (wanted->ulValueLen < value.size()) return CKR_BUFFER_TOO_SMALL;
    std::ranges::copy(value, static_cast<std::uint8_t*>(wanted->pValue));
  }
  wanted->ulValueLen = value.size();
  return CKR_OK;
}

CK_RV FindObjectsInit(CK_SESSION_HANDLE, CK_ATTRIBUTE* wanted, CK_ULONG size) {
  CERTBROKER_CHECK(size == 1);
  const auto* octets = static_cast<const std::uint8_t*>(wanted->pValue);
  const Bytes value(octets, octets + wanted->ulValueLen);
  found.clear();
  for (const auto& [handle, attributes] : the_module->objects) {
    const FakeModule::Attribute* attribute = Find(handle, wanted->type);
    if (attribute != nullptr && *attribute == FakeModule::Attribute(value)) found.push_back(handle);
  }
  return CKR_OK;
}

CK_RV FindObjects(CK_SESSION_HANDLE, CK_OBJECT_HANDLE* objects, CK_ULONG limit, CK_ULONG* size) {
  // Fewer at a time than there is room for, as tokens may.
  *size = std::min<CK_ULONG>({limit, found.size(), 2});
  const auto last = found.begin() + static_cast<std::ptrdiff_t>(*size);
  std::copy(found.begin(), last, objects);
  found.erase(found.begin(), last);
  return CKR_OK;
}

CK_RV FindObjectsFinal(CK_SESSION_HANDLE) { return CKR_OK; }

CK_RV SignInit(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE) {
  return mechanism->mechanism == CKM_ECDSA ? CKR_OK : CKR_MECHANISM_INVALID;
}

CK_RV Sign(CK_SESSION_HANDLE, unsigned char*, CK_ULONG, unsigned char* out, CK_ULONG* size) {
  if (*size < the_module->signature.size()) return CKR_BUFFER_TOO_SMALL;
  std::ranges::copy(the_module->signature, out);
  *size = the_module->signature.size();
  return CKR_OK;
}

}  // namespace

FakeModule::FakeModule() {
  CERTBROKER_CHECK(the_module == nullptr);
  the_module = this;
  functions_.C_OpenSession = OpenSession;
  functions_.C_CloseSession = CloseSession;
  functions_.C_GetAttributeValue = GetAttributeValue;
  functions_.C_FindObjectsInit = FindObjectsInit;
  functions_.C_FindObjects = FindObjects;
  functions_.C_FindObjectsFinal = FindObjectsFinal;
  functions_.C_SignInit = SignInit;
  functions_.C_Sign = Sign;
}

FakeModule::~FakeModule() { the_module = nullptr; }

Bytes BoolValue(bool value) { return {static_cast<std::uint8_t>(value ? CK_TRUE : CK_FALSE)}; }

Bytes NumberValue(CK_ULONG value) {
  Bytes bytes(sizeof(value));
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

void AddGoodKey(FakeModule& module, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key,
                const Bytes& id, const std::string& label) {
  const Bytes curve(kP256Oid.begin(), kP256Oid.end());
  // The key of RFC 7515 appendix A.3, as an OCTET STRING.
  Bytes point = *FromHex("0441047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445");
  const Bytes y = *FromHex("c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad");
  point.insert(point.end(), y.begin(), y.end());
  module.objects[private_key] = {{CKA_CLASS, NumberValue(CKO_PRIVATE_KEY)},
                                 {CKA_KEY_TYPE, NumberValue(CKK_EC)},
                                 {CKA_EC_PARAMS, curve},
                                 {CKA_TOKEN, BoolValue(true)},
                                 {CKA_PRIVATE, BoolValue(true)},
                                 {CKA_SENSITIVE, BoolValue(true)},
                                 {CKA_ALWAYS_SENSITIVE, BoolValue(true)},
                                 {CKA_EXTRACTABLE, BoolValue(false)},
                                 {CKA_NEVER_EXTRACTABLE, BoolValue(true)},
                                 {CKA_SIGN, BoolValue(true)},
                                 {CKA_VALUE, CK_RV{CKR_ATTRIBUTE_SENSITIVE}},
                                 {CKA_ID, id},
                                 {CKA_LABEL, ToBytes(AsBytes(label))}};
  module.objects[public_key] = {{CKA_CLASS, NumberValue(CKO_PUBLIC_KEY)},
                                {CKA_KEY_TYPE, NumberValue(CKK_EC)},
                                {CKA_EC_PARAMS, curve},
                                {CKA_EC_POINT, point},
                                {CKA_ID, id},
                                {CKA_LABEL, ToBytes(AsBytes(label))}};
}

}  // namespace certbroker::keystore
