// keystore/token_facts.h: which token, and what a token says about itself.
#pragma once

#include <string>

namespace certbroker::keystore {

// At least one of the two; both must fit when both are given.
struct TokenSelector {
  std::string label;
  std::string serial;
};

// "token 'acme'", "token 'acme' with serial 0a1b": for error texts.
std::string Describe(const TokenSelector& selector);

// CK_TOKEN_INFO without its padding.
struct TokenFacts {
  std::string label;
  std::string serial;
  std::string manufacturer;
  std::string model;
  bool initialized = false;
  bool user_pin_set = false;
  bool user_pin_final_try = false;  // one wrong PIN more locks it
  bool user_pin_locked = false;

  bool Matches(const TokenSelector& selector) const {
    return (selector.label.empty() || selector.label == label) &&
           (selector.serial.empty() || selector.serial == serial);
  }
};

}  // namespace certbroker::keystore
