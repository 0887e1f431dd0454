// keystore/key_description.h: what a token says about a key, for people and for the record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/jws.h"

namespace certbroker::keystore {

// One row of the table that says whether a key was born in the token and cannot leave it.
struct KeyAttribute {
  std::string name;      // "CKA_SENSITIVE"
  std::string value;     // "true", "false", "unsupported", "P-256"…
  std::string required;  // empty: recorded only
  bool acceptable = true;
  std::string remark = {};  // about a recorded value that could be better; mostly empty
};

struct KeyDescription {
  std::string uri;         // KeyUri's text; empty when the key has no CKA_ID to name it by
  std::string id;          // CKA_ID, lower-case hex
  std::string label;       // CKA_LABEL, printable
  std::string algorithm;   // "ES256", "ES384", "RS256"; empty when it is a kind of key that
                           // certbroker does not use
  std::string thumbprint;  // RFC 7638; empty when there is no public half
  std::vector<KeyAttribute> attributes;
  std::optional<Error> refusal;  // why the keystore will not sign with it; nothing: it will
};

}  // namespace certbroker::keystore
