// core/domain_name.h: what a DNS name is. Nobody else lower-cases, splits or compares one.
//
// The value is the normalised form: lower-case A-labels, no trailing dot, optionally with "*." in
// front. It is the only form that is stored, compared, granted or sent (RFC 8555 §7.1.4, RFC 5890).
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace certbroker {

class DomainName {
 public:
  // Upper case and one trailing dot are normalised. Everything else that a public CA would refuse
  // is kNameInvalid with the label and the rule: underscore, empty label, label > 63, name > 253,
  // hyphen at an edge, one label only, an IP address, '*' anywhere but as the whole first label,
  // non-ASCII (pki::ParseRequestedName names the A-label for that).
  static Result<DomainName> Parse(std::string_view text);

  const std::string& ToString() const { return text_; }
  bool is_wildcard() const { return text_.starts_with("*."); }
  // Without "*.": the name that an authorization carries (RFC 8555 §7.1.4).
  std::string_view base() const { return std::string_view(text_).substr(is_wildcard() ? 2 : 0); }

  friend auto operator<=>(const DomainName&, const DomainName&) = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Sorted, each once: the form in which two requests for the same names look the same.
std::vector<DomainName> SortedUnique(std::vector<DomainName> names);
// "a.example.com, b.example.com".
std::string JoinNames(const std::vector<DomainName>& names, std::string_view separator = ", ");

}  // namespace certbroker
