// keystore/pin_source.h: where the PIN of a token comes from. Never from argv, the environment or a
// URI.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::keystore {

// Made from its text as PinLocation spells it: the path of a file, "credential:NAME", "fd:N".
// Copies read the same source: an inherited descriptor can be read only once, by whichever is
// first, and what it held is kept, locked in memory, for logging in again. Thread-safe.
class PinSource {
 public:
  PinSource() = default;
  // Implicit: a source is its text, in options as in configuration.
  // NOLINTNEXTLINE(google-explicit-constructor)
  PinSource(std::string text);
  // NOLINTNEXTLINE(google-explicit-constructor)
  PinSource(const char* text) : PinSource(std::string(text)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  PinSource(const std::filesystem::path& file) : PinSource(file.string()) {}

  bool empty() const { return text_.empty(); }
  const std::string& text() const {
    return text_;
  }  // for error texts: no secret, maybe unprintable

  // Whether the text is one of the three forms. kConfigInvalid.
  Result<void> Check() const;

  // A file and a credential are read anew each time, so that a corrected PIN is found: see
  // ReadPinFile for what they must be. $CREDENTIALS_DIRECTORY is systemd's (LoadCredential= of the
  // unit). A descriptor is read to its end, blocking, and closed.
  //
  // kConfigInvalid with the source and what to change. Never quotes the content.
  Result<Secret> Read() const;

 private:
  class Inherited;

  std::string text_;
  std::shared_ptr<Inherited> inherited_;  // exactly for "fd:N"
};

}  // namespace certbroker::keystore
