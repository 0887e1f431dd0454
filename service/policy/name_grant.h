// service/policy/name_grant.h: the names that one entry of a rule grants.
#pragma once

#include <string>
#include <string_view>

#include "core/identifier.h"
#include "core/result.h"

namespace certbroker::policy {

// "www.example.com", "192.0.2.1": that name or address. "*.example.com": that wildcard name, and no
// name that it would match. ".apps.example.com": every name below apps.example.com at any depth,
// but neither apps.example.com itself nor a wildcard: a wildcard certificate speaks for names that
// nobody has asked for yet, so it is granted on its own or not at all (T19).
class NameGrant {
 public:
  // Normalised like a requested name (pki::ParseRequestedName). kConfigInvalid with what is wrong.
  static Result<NameGrant> Parse(std::string_view text);

  bool Grants(const Identifier& name) const;
  const std::string& ToString() const { return text_; }

  // Why this entry, which does not grant `name`, looks as if it did; empty when it does not look
  // so.
  std::string WhyNot(const Identifier& name) const;

  friend bool operator==(const NameGrant&, const NameGrant&) = default;

 private:
  explicit NameGrant(std::string text) : text_(std::move(text)) {}
  bool is_subtree() const { return text_.starts_with('.'); }
  std::string text_;  // normalised, with its leading '.'
};

}  // namespace certbroker::policy
