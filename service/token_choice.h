// service/token_choice.h: which of the configured tokens a key URI is about.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "keystore/key_uri.h"
#include "keystore/keystore.h"

namespace certbroker {

// A token in use.
struct NamedToken {
  std::string name;  // as configured, for people and health checks
  keystore::TokenSelector selector;
  keystore::Keystore* keystore = nullptr;
};

// The one token that `uri` is about: by the label and the serial that are configured, or that the
// token itself told when it was last reached.
//
// Errors: kHsmKeyMissing (no such token; the text lists those that are configured) ·
// kHsmKeyRefused (several; the URI must say the serial) · kHsmUnavailable (it may be one that was
// never reached, so nobody knows).
Result<const NamedToken*> ChooseToken(const std::vector<NamedToken>& tokens,
                                      const keystore::KeyUri& uri);

}  // namespace certbroker
