#include "agent/service_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/service_handshake.h"
#include "client/time_text.h"

namespace certbroker::agent {

Result<pki::Certificate> FindPinned(const std::vector<pki::Certificate>& chain,
                                    const Bytes& ca_sha256, const std::string& address) {
  const auto found = std::ranges::find_if(
      chain, [&](const pki::Certificate& one) { return one.sha256() == ca_sha256; });
  if (found != chain.end()) return *found;
  return Error(
      Reason::kJoinTokenInvalid,
      fmt::format(
          "{} does not show the CA that the join token names (sha256:{}), but a certificate "
          "by {}. Somebody may be in between, or the token is of another service: nothing "
          "was sent. Compare the address with an operator's before you try again",
          Printable(address), Hex(ca_sha256), Printable(chain.back().issuer(), 200)));
}

Result<void> CheckDates(const std::vector<pki::Certificate>& chain, const std::string& address,
                        const Clock& clock) {
  const Time now = clock.Now();
  for (const pki::Certificate& one : chain) {
    const bool early = now < one.not_before();
    if (!early && now <= one.not_after()) continue;
    const std::string_view hint =
        early ? "this host's clock is behind: set it (chrony, systemd-timesyncd) and try again"
              : "either this host's clock is ahead: set it (chrony, systemd-timesyncd); or an "
                "operator has to renew the service's certificate";
    return Error(Reason::kClockSkew,
                 fmt::format("{} shows a certificate ({}) that is valid from {} to {}, and this "
                             "host's clock says {}: {}",
                             Printable(address), Printable(one.subject(), 200),
                             client::TimeText(one.not_before()), client::TimeText(one.not_after()),
                             client::TimeText(now), hint));
  }
  return {};
}

std::optional<Error> WhyUnreachable(const std::string& address, const Clock& clock) {
  const auto chain = ChainShownBy(address, clock);
  if (!chain) return std::nullopt;
  const auto checked = CheckDates(*chain, address, clock);
  if (checked) return std::nullopt;
  return checked.error();
}

}  // namespace certbroker::agent
