// keystore/token_creation.h: C_InitToken and C_InitPIN.
#pragma once

#include <string>

#include "core/result.h"
#include "keystore/pin_source.h"
#include "keystore/pkcs11_module.h"

namespace certbroker::keystore {

struct TokenRecipe {
  std::string label;
  PinSource pin_file;
  PinSource so_pin_file;
};

// True when the token was made, false when one with the label was there. Sets its user PIN where
// there is none, so that a run that died in between is finished by the next. The module is
// initialised; it is started over meanwhile. Errors as Provision's.
Result<bool> EnsureToken(Pkcs11Module& module, const TokenRecipe& recipe);

}  // namespace certbroker::keystore
