#include "keystore/objects.h"

#include <array>

namespace certbroker::keystore {

FoundObjects FindObjects(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                         std::vector<CK_ATTRIBUTE> attributes) {
  FoundObjects found;
  found.rv = functions.C_FindObjectsInit(session, attributes.data(), attributes.size());
  if (found.rv != CKR_OK) return found;
  std::array<CK_OBJECT_HANDLE, 256> batch{};
  CK_ULONG size = 0;
  do {
    found.rv = functions.C_FindObjects(session, batch.data(), batch.size(), &size);
    if (found.rv != CKR_OK) break;
    found.handles.insert(found.handles.end(), batch.begin(),
                         batch.begin() + static_cast<std::ptrdiff_t>(size));
  } while (size > 0);
  const CK_RV ended = functions.C_FindObjectsFinal(session);
  if (found.rv == CKR_OK) found.rv = ended;
  return found;
}

CK_RV ProbeAttribute(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                     CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  const CK_RV rv = functions.C_GetAttributeValue(session, object, &attribute, 1);
  if (rv == CKR_OK && attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
    return CKR_ATTRIBUTE_TYPE_INVALID;
  }
  return rv;
}

AttributeValue ReadAttribute(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                             CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  // Long enough for everything that we read of an elliptic-curve key, in one call.
  std::array<std::uint8_t, 512> buffer{};
  CK_ATTRIBUTE attribute{type, buffer.data(), buffer.size()};
  const CK_RV rv = functions.C_GetAttributeValue(session, object, &attribute, 1);
  if (rv != CKR_OK) return {rv, {}};
  if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return {CKR_ATTRIBUTE_TYPE_INVALID, {}};
  if (attribute.ulValueLen > buffer.size()) return {CKR_BUFFER_TOO_SMALL, {}};
  return {CKR_OK, ToBytes(ByteView(buffer).first(attribute.ulValueLen))};
}

}  // namespace certbroker::keystore
