// core/secret.h: a PIN or a MAC key: locked in memory, wiped when it dies, never printed, never
// copied by accident.
#pragma once

#include <string>
#include <string_view>

#include "core/locked_buffer.h"

namespace certbroker {

// Move-only. There is no operator<< and no formatter on purpose; the one way to the octets has a
// name that can be grepped.
class Secret {
 public:
  Secret() = default;
  // Takes over `text`; the caller's string is wiped and left empty.
  explicit Secret(std::string&& text);
  // The giver keeps its own, and wipes it.
  static Secret CopyOf(std::string_view text);

  // For the call that hands the secret to PKCS#11 or a MAC. The view dies with the Secret.
  std::string_view ExposeForUse() const {
    // Never a null pointer: some libraries take that for "none given" rather than for empty.
    return empty() ? std::string_view("")
                   : std::string_view(memory_.octets().data(), memory_.octets().size());
  }
  bool empty() const { return memory_.octets().empty(); }

 private:
  LockedBuffer memory_;
};

}  // namespace certbroker
