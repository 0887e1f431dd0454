// tests/pkcs11_shim/orders.h: what a test wants the shim to do, as it stands in the control file.
//
// One line each; later lines of the same function count when the earlier ones are used up:
//
//   C_Sign 0x30 2 0             the next two calls answer CKR_DEVICE_ERROR at once
//   C_Login 0xa0 -1 50          every call answers CKR_PIN_INCORRECT, after 50 ms
//   C_Sign 0 1 hold             one call waits until the file changes, then goes through
//   C_Sign 0x30 1 0 after=3     the fourth call from now
//   C_Sign 0 -1 0 output=short  goes through, and loses the last octet of its signature; also
//                               output=long (one too many) and output=wrong (another bit)
//
//   MAXSESS 3                   the token has three sessions, and says so
//   NOROSESSIONS                C_OpenSession without CKF_RW_SESSION answers CKR_ARGUMENTS_BAD
//   PINTRIES 3                  the third wrong PIN locks it, and its flags tell the tries left
//   TOKENFLAGS 0x20000          these flags besides its own
//   SERIAL 0123                 another serial number
//   RENUMBER                    every C_Initialize gives out the handles of the last one again, for
//                               other objects
//   NOMECH 0x1041               the token does not have this mechanism
#pragma once

#include <chrono>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

namespace certbroker::shim {

enum class Output { kAsIs, kShort, kLong, kWrong };

struct Rule {
  CK_RV rv = CKR_OK;  // CKR_OK: the call goes through
  long left = 0;      // negative: for ever
  long after = 0;     // calls that it lets pass first
  std::chrono::milliseconds delay{0};
  bool hold = false;
  Output output = Output::kAsIs;
};

struct Orders {
  std::map<std::string, std::vector<Rule>> rules;  // by function
  std::optional<CK_ULONG> max_sessions;
  std::optional<int> pin_tries;
  CK_FLAGS token_flags = 0;
  std::string serial;
  bool renumber = false;
  bool read_write_only = false;
  std::set<CK_MECHANISM_TYPE> missing_mechanisms;
};

// Ends the process at a line that it does not understand: a test with a typing error must not pass.
Orders ReadOrders(std::istream& text);

}  // namespace certbroker::shim
