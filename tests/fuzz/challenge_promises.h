// tests/fuzz/challenge_promises.h: what acme/messages.h promises of every challenge that it lets
// pass.
#pragma once

#include <algorithm>
#include <array>

#include "acme/messages.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"

namespace certbroker::fuzz {

// Tokens become parts of paths and DNS records, so nothing outside their grammar may get through.
inline void CheckChallenge(const acme::ChallengeMessage& challenge) {
  constexpr std::size_t kLongestToken = 512;
  constexpr std::array<std::string_view, 4> kWithToken = {"http-01", "dns-01", "tls-alpn-01",
                                                          "dns-account-01"};
  CheckUrl(challenge.url);
  CERTBROKER_CHECK(challenge.token.size() <= kLongestToken && IsBase64UrlText(challenge.token));
  const bool needs_token = challenge.status == acme::ChallengeStatus::kPending &&
                           std::count(kWithToken.begin(), kWithToken.end(), challenge.type) != 0;
  CERTBROKER_CHECK(!needs_token || !challenge.token.empty());
  if (challenge.error) CheckError(acme::ToChallengeError(*challenge.error));
}

}  // namespace certbroker::fuzz
