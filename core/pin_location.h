// core/pin_location.h: the three places that a PIN can come from, as configuration and command line
// spell them. Reading it: keystore/pin_source.h.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace certbroker {

struct PinLocation {
  enum class Form { kFile, kCredential, kDescriptor };
  Form form = Form::kFile;
  std::string name = {};  // path, or name of the credential
  int descriptor = -1;

  // "credential:NAME" (systemd's; a plain file name), "fd:N" (inherited; not standard output and
  // error), anything else is the path of a file. kConfigInvalid.
  static Result<PinLocation> Parse(std::string_view text);
};

}  // namespace certbroker
