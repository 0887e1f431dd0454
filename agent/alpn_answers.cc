#include "agent/alpn_answers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/identifier.h"
#include "pki/digest.h"

namespace certbroker::agent {
namespace {

// Server names are ASCII (RFC 6066 §3).
std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

Result<void> AlpnAnswers::Put(const Challenge& challenge, Time now) {
  RETURN_IF_ERROR(CheckForm(challenge));
  ASSIGN_OR_RETURN(const Identifier name, Identifier::Parse(challenge.identifier));
  if (name.is_wildcard()) {
    return Error(
        Reason::kChallengeUnsupported,
        fmt::format("tls-alpn-01 cannot prove the wildcard {} (RFC 8737 §3)", name.ToString()));
  }
  if (Has(challenge)) return {};
  const Bytes digest = pki::Sha256(AsBytes(challenge.key_authorization));
  ASSIGN_OR_RETURN(pki::AlpnCertificate made, pki::MakeAlpnCertificate(name, digest, now));
  auto answer =
      std::make_shared<const AlpnAnswer>(AlpnAnswer{.challenge = challenge,
                                                    .server_name = pki::AlpnServerName(name),
                                                    .certificate = std::move(made)});
  Remove(challenge.token);
  const MutexLock lock(mutex_);
  answers_.push_back(std::move(answer));
  return {};
}

void AlpnAnswers::Remove(std::string_view token) {
  const MutexLock lock(mutex_);
  std::erase_if(answers_, [token](const auto& answer) { return answer->challenge.token == token; });
}

std::size_t AlpnAnswers::size() const {
  const MutexLock lock(mutex_);
  return answers_.size();
}

std::shared_ptr<const AlpnAnswer> AlpnAnswers::Find(std::string_view server_name) const {
  const std::string wanted = LowerCase(server_name);
  const MutexLock lock(mutex_);
  const auto found =
      std::find_if(answers_.rbegin(), answers_.rend(),
                   [&wanted](const auto& answer) { return answer->server_name == wanted; });
  return found == answers_.rend() ? nullptr : *found;
}

bool AlpnAnswers::Has(const Challenge& challenge) const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(answers_,
                             [&](const auto& answer) { return answer->challenge == challenge; });
}

}  // namespace certbroker::agent
