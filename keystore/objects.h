// keystore/objects.h: finding objects and reading their attributes, without PKCS#11's two-step
// buffers.
#pragma once

#include <type_traits>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"

namespace certbroker::keystore {

struct FoundObjects {
  CK_RV rv = CKR_OK;
  std::vector<CK_OBJECT_HANDLE> handles;
};
// Everything that matches `attributes`. The caller holds the module's admin mutex.
FoundObjects FindObjects(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                         std::vector<CK_ATTRIBUTE> attributes);

struct AttributeValue {
  CK_RV rv = CKR_OK;  // CKR_ATTRIBUTE_TYPE_INVALID: the token does not have this attribute
  Bytes value;
};
AttributeValue ReadAttribute(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                             CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

// What the token says when asked how long a secret attribute is. The value itself is never fetched,
// not even when the token would give it. CKR_OK: it would.
CK_RV ProbeAttribute(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                     CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

// An attribute for a template. The value must outlive it. Trivial types only: the octets of a
// container are not what stands in the object, so those go through the view.
template <class T>
requires std::is_trivially_copyable_v<T> CK_ATTRIBUTE AttributeOf(CK_ATTRIBUTE_TYPE type,
                                                                  const T& value) {
  return {type, const_cast<T*>(&value), sizeof(value)};
}
inline CK_ATTRIBUTE AttributeOf(CK_ATTRIBUTE_TYPE type, ByteView value) {
  return {type, const_cast<std::uint8_t*>(value.data()), value.size()};
}

}  // namespace certbroker::keystore
