#include "service/policy/name_grant.h"

#include <fmt/format.h>

#include "pki/requested_name.h"

namespace certbroker::policy {

Result<NameGrant> NameGrant::Parse(std::string_view text) {
  const bool is_subtree = text.starts_with('.');
  auto name = pki::ParseRequestedName(is_subtree ? text.substr(1) : text);
  if (!name) return Error(Reason::kConfigInvalid, std::move(name).error().detail());
  if (!is_subtree) return NameGrant(name->ToString());
  if (name->is_ip()) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("\"{}\" is an address, and nothing is below an address; give \"{}\"",
                             text, name->ToString()));
  }
  if (name->is_wildcard()) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("\".{0}\" mixes a subtree and a wildcard; give \"{0}\" for that one "
                             "wildcard name, \".{1}\" for all names below {1}",
                             name->ToString(), name->base()));
  }
  return NameGrant("." + name->ToString());
}

bool NameGrant::Grants(const Identifier& name) const {
  if (!is_subtree()) return name.ToString() == text_;
  return !name.is_wildcard() && name.ToString().ends_with(text_);
}

std::string NameGrant::WhyNot(const Identifier& name) const {
  if (is_subtree() && name.is_wildcard() && ("." + std::string(name.base())).ends_with(text_)) {
    return fmt::format("\"{}\" grants no wildcards; \"{}\" needs an entry of its own", text_,
                       name.ToString());
  }
  if (is_subtree() && name.ToString() == std::string_view(text_).substr(1)) {
    return fmt::format("\"{}\" grants the names below it, not the name itself", text_);
  }
  const std::string& wanted = name.ToString();
  if (text_.starts_with("*.") && wanted.substr(wanted.find('.')) == text_.substr(1)) {
    return fmt::format("\"{}\" grants that wildcard name only, not the names it would match",
                       text_);
  }
  return {};
}

}  // namespace certbroker::policy
