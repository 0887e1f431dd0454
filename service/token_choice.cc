#include "service/token_choice.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker {
namespace {

enum class Fit { kNo, kMaybe, kYes };

// A property that is neither configured nor known yet may be anything.
Fit FitOf(const std::string& asked, const std::string& known) {
  if (asked.empty() || asked == known) return Fit::kYes;
  return known.empty() ? Fit::kMaybe : Fit::kNo;
}

Fit FitOf(const NamedToken& token, const keystore::KeyUri& uri) {
  keystore::TokenSelector known = token.selector;
  if (const auto facts = token.keystore->health().token) known = {facts->label, facts->serial};
  return std::min(FitOf(uri.token(), known.label), FitOf(uri.serial(), known.serial));
}

std::string ListOf(const std::vector<NamedToken>& tokens) {
  std::string list;
  for (const NamedToken& token : tokens) {
    list +=
        fmt::format("{}{} ({})", list.empty() ? "" : ", ", token.name, Describe(token.selector));
  }
  return list;
}

}  // namespace

Result<const NamedToken*> ChooseToken(const std::vector<NamedToken>& tokens,
                                      const keystore::KeyUri& uri) {
  const NamedToken* found = nullptr;
  const NamedToken* perhaps = nullptr;
  for (const NamedToken& token : tokens) {
    const Fit fit = FitOf(token, uri);
    if (fit == Fit::kMaybe) perhaps = &token;
    if (fit != Fit::kYes) continue;
    if (found != nullptr) {
      return Error(Reason::kHsmKeyRefused,
                   fmt::format("{} fits the tokens {} and {}; add serial=… to the URI",
                               uri.ToString(), found->name, token.name));
    }
    found = &token;
  }
  if (found != nullptr) return found;
  if (perhaps != nullptr) {
    return Error(Reason::kHsmUnavailable,
                 fmt::format("{} may be on the token {}, which has not been reached yet; try again "
                             "later",
                             uri.ToString(), perhaps->name));
  }
  return Error(Reason::kHsmKeyMissing,
               fmt::format("{} is on no token that is configured: {}. Add its token to [keystore], "
                           "or correct the URI",
                           uri.ToString(), ListOf(tokens)));
}

}  // namespace certbroker
