// tests/fuzz/message_text.h: what acme/ has read, written as JSON again, so that it can be read a
// second time: what parsing keeps must survive that unchanged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "acme/directory.h"
#include "acme/messages.h"
#include "acme/problem.h"
#include "acme/renewal_info.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"

namespace certbroker::fuzz {

std::string TextOf(const acme::Directory& directory);
std::string TextOf(const acme::OrderMessage& order);
std::string TextOf(const acme::AuthorizationMessage& authorization);
std::string TextOf(const acme::ChallengeMessage& challenge);
std::string TextOf(const acme::AccountMessage& account);
std::string TextOf(const acme::Problem& problem);
std::string TextOf(const acme::RenewalInfo& info);

// Longer ones could pass a limit of the parser once everything is spelt out.
inline constexpr std::size_t kLongestSpeltOut = 4096;

// Whether `message` is one; if so, it must read the same from its own text.
template <class Message>
bool CheckReading(const Result<Message>& message, std::string_view input,
                  Result<Message> (*parse)(std::string_view)) {
  if (!message) {
    CheckError(message.error());
    return false;
  }
  if (input.size() > kLongestSpeltOut) return true;
  const std::string text = TextOf(*message);
  const auto again = parse(text);
  CERTBROKER_CHECK(again && TextOf(*again) == text);
  return true;
}

}  // namespace certbroker::fuzz
