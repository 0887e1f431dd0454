#include "core/secret.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>

#include <utility>

namespace certbroker {
namespace {

void WipeString(std::string& text) {
  // The whole capacity, because a shrunk string leaves its old tail behind.
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(std::string&& text) : text_(text) { WipeString(text); }

// Copied, then wiped: moving a short string would leave its characters behind in the old object.
// NOLINTNEXTLINE(performance-move-constructor-init)
Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.Wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = other.text_;
    other.Wipe();
  }
  return *this;
}

Secret::~Secret() { Wipe(); }

void Secret::Wipe() { WipeString(text_); }

}  // namespace certbroker
