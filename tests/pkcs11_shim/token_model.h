// tests/pkcs11_shim/token_model.h: tokens that SoftHSM is not: few sessions, a PIN that locks,
// handles that come to name other objects, mechanisms that are missing.
#pragma once

#include <p11-kit/pkcs11.h>

namespace certbroker::shim {

// The functions of the module behind the shim (FAULT_MODULE_REAL; SoftHSM2 by default).
CK_FUNCTION_LIST& Real();

// The same, as a token behaves that the orders describe.
CK_FUNCTION_LIST Modelled();

}  // namespace certbroker::shim
