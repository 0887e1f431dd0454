// core/secret.h: a PIN or a MAC key: wiped when it dies, never printed, never copied by accident.
#pragma once

#include <string>
#include <string_view>

namespace certbroker {

// Move-only. There is no operator<< and no formatter on purpose; the one way to the octets has a
// name that can be grepped.
class Secret {
 public:
  Secret() = default;
  // Takes over `text`; the caller's string is wiped and left empty.
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // For the call that hands the secret to PKCS#11 or a MAC. The view dies with the Secret.
  std::string_view ExposeForUse() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void Wipe();
  std::string text_;
};

}  // namespace certbroker
