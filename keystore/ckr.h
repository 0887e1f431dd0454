// keystore/ckr.h: what a PKCS#11 return value means for us.
#pragma once

#include <string>
#include <string_view>

#include <p11-kit/pkcs11.h>

#include "core/error.h"

namespace certbroker::keystore {

// By what repairs it, not by where it came from.
enum class Fault {
  kNone,
  kSession,  // this session is spent: close it, use another
  kLogin,    // the token no longer knows that we are logged in
  kHandle,   // the object handle names nothing (any more): look the key up again
  kBusy,     // sessions or memory are used up: wait for our own to come back
  kToken,    // token, device or module: start it over
  kPin,      // the PIN was refused: never tried again
  kFinal,    // asking again changes nothing, if the token is really there
};

// Codes that no table of ours knows, vendor codes above all, are kToken: starting over is harmless.
Fault Classify(CK_RV rv);

// "CKR_PIN_INCORRECT (0xa0)".
std::string CkrName(CK_RV rv);

// What `function` answered, as a sentence and with the reason that fits: kPin is kHsmPinRefused,
// kFinal kHsmKeyRefused, the rest kHsmUnavailable.
Error CallFailed(std::string_view function, CK_RV rv);

}  // namespace certbroker::keystore
