// keystore/key_uri.h: which key on which token: a PKCS#11 URI (RFC 7512) that names exactly one
// private key.
//
// A URI is configuration and stands in database rows and logs, so it never carries a PIN, and it is
// read strictly: p11-kit's parser drops what it does not know and then matches more than was meant.
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace certbroker::keystore {

class KeyUri {
 public:
  // RFC 7512 §2.3, path attributes only: token or serial, and id or object, are required;
  // manufacturer, model and type=private may stand beside them. Everything else is
  // kInvalidArgument: an attribute unknown, twice, empty or too long, blanks (they must be
  // percent-encoded), and every query attribute, above all pin-value. The error names the attribute
  // and never quotes its value.
  static Result<KeyUri> Parse(std::string_view text);
  // The URI by which certbroker itself names a key that it found: token and id.
  static Result<KeyUri> ForKey(const std::string& token_label, ByteView id);

  // Canonical: attributes in fixed order, percent-encoded as RFC 7512 §2.3 asks, type=private
  // always there. Two URIs with the same text name the same key.
  const std::string& ToString() const { return text_; }

  // Decoded; empty where the URI says nothing.
  const std::string& token() const { return token_; }
  const std::string& serial() const { return serial_; }
  const std::string& manufacturer() const { return manufacturer_; }
  const std::string& model() const { return model_; }
  const Bytes& id() const { return id_; }                // CKA_ID
  const std::string& object() const { return object_; }  // CKA_LABEL

  friend bool operator==(const KeyUri& a, const KeyUri& b) { return a.text_ == b.text_; }

 private:
  KeyUri() = default;

  std::string text_;
  std::string token_;
  std::string serial_;
  std::string manufacturer_;
  std::string model_;
  Bytes id_;
  std::string object_;
};

}  // namespace certbroker::keystore
