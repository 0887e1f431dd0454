#include "keystore/key_index.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/objects.h"

namespace certbroker::keystore {
namespace {

struct Half {
  CK_OBJECT_HANDLE handle;
  std::string label;
};
using HalvesById = std::multimap<Bytes, Half>;

// Absent is as good as empty: an attribute that some tokens do not keep.
Result<Bytes> ReadText(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                       CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  AttributeValue answer = ReadAttribute(functions, session, object, type);
  if (answer.rv == CKR_OK) return std::move(answer.value);
  if (answer.rv == CKR_ATTRIBUTE_TYPE_INVALID) return Bytes();
  return CallFailed("C_GetAttributeValue", answer.rv);
}

Result<HalvesById> Scan(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        CK_OBJECT_CLASS object_class) {
  const FoundObjects found =
      FindObjects(functions, session, {AttributeOf(CKA_CLASS, object_class)});
  if (found.rv != CKR_OK) return CallFailed("C_FindObjects", found.rv);
  HalvesById halves;
  for (const CK_OBJECT_HANDLE handle : found.handles) {
    ASSIGN_OR_RETURN(Bytes id, ReadText(functions, session, handle, CKA_ID));
    ASSIGN_OR_RETURN(const Bytes label, ReadText(functions, session, handle, CKA_LABEL));
    halves.emplace(std::move(id), Half{handle, std::string(AsText(label))});
  }
  return halves;
}

}  // namespace

Result<KeyIndex> KeyIndex::Build(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session) {
  ASSIGN_OR_RETURN(const HalvesById private_keys, Scan(functions, session, CKO_PRIVATE_KEY));
  ASSIGN_OR_RETURN(const HalvesById public_keys, Scan(functions, session, CKO_PUBLIC_KEY));
  KeyIndex index;
  for (const auto& [id, half] : private_keys) {
    KeyEntry entry{id, half.label, half.handle, CK_INVALID_HANDLE, false};
    if (const auto match = public_keys.find(id); match != public_keys.end()) {
      entry.public_key = match->second.handle;
    }
    entry.ambiguous = private_keys.count(id) > 1 || public_keys.count(id) > 1;
    index.keys_.push_back(std::move(entry));
  }
  for (const auto& [id, half] : public_keys) {
    if (private_keys.contains(id)) continue;
    index.orphans_.push_back({id, half.label, CK_INVALID_HANDLE, half.handle, false});
  }
  return index;
}

Result<KeyEntry> KeyIndex::Find(const KeyUri& uri) const {
  const auto fits = [&uri](const KeyEntry& key) {
    return (uri.id().empty() || uri.id() == key.id) &&
           (uri.object().empty() || uri.object() == key.label);
  };
  const auto first = std::ranges::find_if(keys_, fits);
  if (first == keys_.end()) {
    return Error(
        Reason::kHsmKeyMissing,
        fmt::format("the token holds no such private key (it holds {} others); was it "
                    "provisioned on another token? Keys are made with 'certbroker keystore "
                    "provision … --key {}'",
                    keys_.size(), uri.object().empty() ? "LABEL" : Printable(uri.object(), 80)));
  }
  if (first->ambiguous || std::find_if(first + 1, keys_.end(), fits) != keys_.end()) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("the token holds more than one key {}; with two key pairs under one "
                             "CKA_ID nobody can tell which halves belong together. Name the key by "
                             "its id, or remove the other one",
                             uri.ToString()));
  }
  return *first;
}

}  // namespace certbroker::keystore
