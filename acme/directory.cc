#include "acme/directory.h"

#include "acme/json.h"

namespace certbroker::acme {
namespace {

// For people and for choices that have a default, so a value that cannot be read counts as absent:
// a CA is not given up for its decoration.
void ReadMeta(const JsonValue& meta, Directory& directory) {
  directory.terms_of_service = TextOrEmpty(meta["termsOfService"]);
  directory.website = TextOrEmpty(meta["website"]);
  directory.external_account_required = meta["externalAccountRequired"].AsBool().value_or(false);
  if (const auto* names = meta["caaIdentities"].AsArray(); names != nullptr) {
    for (const JsonValue& name : *names) {
      if (name.AsString() != nullptr) directory.caa_identities.push_back(*name.AsString());
    }
  }
  if (const auto* profiles = meta["profiles"].AsObject(); profiles != nullptr) {
    for (const auto& [name, description] : *profiles) {
      directory.profiles.emplace_back(name, TextOrEmpty(description));
    }
  }
}

}  // namespace

Result<Directory> ParseDirectory(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseJsonObject(json));
  Directory directory;
  ASSIGN_OR_RETURN(directory.new_nonce, RequiredUrl(root, "newNonce"));
  ASSIGN_OR_RETURN(directory.new_account, RequiredUrl(root, "newAccount"));
  ASSIGN_OR_RETURN(directory.new_order, RequiredUrl(root, "newOrder"));
  ASSIGN_OR_RETURN(directory.revoke_cert, RequiredUrl(root, "revokeCert"));
  ASSIGN_OR_RETURN(directory.key_change, OptionalUrl(root, "keyChange"));
  ASSIGN_OR_RETURN(directory.new_authz, OptionalUrl(root, "newAuthz"));
  ASSIGN_OR_RETURN(directory.renewal_info, OptionalUrl(root, "renewalInfo"));
  ReadMeta(root["meta"], directory);
  return directory;
}

}  // namespace certbroker::acme
