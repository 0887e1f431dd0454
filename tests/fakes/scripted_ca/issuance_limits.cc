#include "tests/fakes/scripted_ca/issuance_limits.h"

#include <arpa/inet.h>
#include <libpsl.h>

#include <algorithm>
#include <array>

#include "tests/fakes/scripted_ca/retry_after.h"

namespace certbroker::scripted_ca {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours kRenewalMemory{24 * 120};

std::string InPeriod(seconds period) {
  return std::to_string(std::chrono::duration_cast<hours>(period).count()) + "h0m0s";
}

// `what` in the words of Let's Encrypt, for example "new orders (300) from this account".
Problem LimitReached(const std::string& what, const Gcra& gcra, Gcra::Wait wait, Time now) {
  const seconds delay = std::chrono::ceil<seconds>(wait);
  Problem problem{429, "rateLimited",
                  "too many " + what + " in the last " + InPeriod(gcra.limit().period) +
                      ", retry after " + UtcText(now + delay) +
                      ": see https://letsencrypt.org/docs/rate-limits/"};
  problem.headers.emplace_back("Retry-After", RetryAfterText(RetryAfterForm::kSeconds, delay, now));
  return problem;
}

std::string Count(const Gcra& gcra) { return " (" + std::to_string(gcra.limit().burst) + ") "; }

std::string PerAccount(Id account, const Identifier& name) {
  return std::to_string(account) + " " + name.base();
}

// Only /64s share what their holder does.
std::string Ipv6Network(const std::string& address) {
  in6_addr octets{};
  ::inet_pton(AF_INET6, address.c_str(), &octets);
  std::fill(octets.s6_addr + 8, octets.s6_addr + 16, std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &octets, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

std::set<std::string> RegisteredDomains(const std::vector<Identifier>& names) {
  std::set<std::string> domains;
  for (const Identifier& name : names) domains.insert(RegisteredDomain(name));
  return domains;
}

}  // namespace

bool CountsAsRenewal(std::optional<Time> last, Time now) {
  return last && now - *last <= kRenewalMemory;
}

IssuanceLimits::IssuanceLimits(bool enabled)
    : enabled_(enabled),
      registrations_({"new registrations", 10, 10, hours{3}}),
      orders_({"new orders", 300, 300, hours{3}}),
      certificates_per_domain_({"certificates", 50, 50, hours{168}}),
      certificates_per_set_({"certificates", 5, 5, hours{168}}),
      failures_({"failed authorizations", 5, 5, hours{1}}),
      consecutive_failures_({"failed authorizations", 1152, 1, hours{24}}) {}

std::optional<Problem> IssuanceLimits::OnNewAccount(const std::string& address, Time now) {
  if (!enabled_) return std::nullopt;
  const auto wait = registrations_.Spend(address, now);
  if (!wait) return std::nullopt;
  return LimitReached("new registrations" + Count(registrations_) + "from this IP address",
                      registrations_, *wait, now);
}

std::optional<Problem> IssuanceLimits::CheckPause(Id account,
                                                  const std::vector<Identifier>& names) const {
  const auto paused = paused_.find(account);
  if (paused == paused_.end()) return std::nullopt;
  for (const Identifier& name : names) {
    if (paused->second.count(name.base()) == 0) continue;
    return Problem{429, "rateLimited",
                   "Your account is temporarily prevented from requesting certificates for " +
                       name.base() +
                       " and possibly others. Please visit: https://ca.example/sfe/v1/unpause"};
  }
  return std::nullopt;
}

std::optional<Problem> IssuanceLimits::CheckNames(Id account, const std::vector<Identifier>& names,
                                                  bool same_names, Time now) const {
  for (const Identifier& name : names) {
    if (const auto wait = failures_.Check(PerAccount(account, name), now)) {
      return LimitReached(
          "failed authorizations" + Count(failures_) + "for \"" + name.base() + "\"", failures_,
          *wait, now);
    }
  }
  for (const std::string& domain : RegisteredDomains(names)) {
    const auto wait = same_names ? std::nullopt : certificates_per_domain_.Check(domain, now);
    if (!wait) continue;
    return LimitReached(
        "certificates" + Count(certificates_per_domain_) + "already issued for \"" + domain + "\"",
        certificates_per_domain_, *wait, now);
  }
  if (const auto wait = certificates_per_set_.Check(Listed(names), now)) {
    return LimitReached("certificates" + Count(certificates_per_set_) +
                            "already issued for this exact set of identifiers",
                        certificates_per_set_, *wait, now);
  }
  return std::nullopt;
}

std::optional<Problem> IssuanceLimits::OnNewOrder(Id account, const std::vector<Identifier>& names,
                                                  Exemption exemption, Time now) {
  if (!enabled_ || exemption.ari) return std::nullopt;
  if (auto problem = CheckNames(account, names, exemption.same_names, now)) return problem;
  if (exemption.same_names) return std::nullopt;
  const auto wait = orders_.Spend(std::to_string(account), now);
  if (!wait) return std::nullopt;
  return LimitReached("new orders" + Count(orders_) + "from this account", orders_, *wait, now);
}

void IssuanceLimits::OnIssued(const std::vector<Identifier>& names, bool same_names, Time now) {
  if (!enabled_) return;
  certificates_per_set_.Charge(Listed(names), now);
  if (same_names) return;
  for (const std::string& domain : RegisteredDomains(names)) {
    certificates_per_domain_.Charge(domain, now);
  }
}

void IssuanceLimits::OnValidationFailed(Id account, const Identifier& name, Time now) {
  if (!enabled_) return;
  failures_.Charge(PerAccount(account, name), now);
  if (consecutive_failures_.Spend(PerAccount(account, name), now)) Pause(account, name.base());
}

void IssuanceLimits::OnValidated(Id account, const Identifier& name) {
  consecutive_failures_.Reset(PerAccount(account, name));
}

void IssuanceLimits::Pause(Id account, const std::string& name) { paused_[account].insert(name); }
void IssuanceLimits::Unpause(Id account) { paused_.erase(account); }

std::string RegisteredDomain(const Identifier& identifier) {
  const std::string name = identifier.base();
  if (identifier.type == "ip")
    return name.find(':') == std::string::npos ? name : Ipv6Network(name);
  static const psl_ctx_t* const list = psl_latest(nullptr);
  const char* domain = list == nullptr ? nullptr : psl_registrable_domain(list, name.c_str());
  return domain == nullptr ? name : domain;
}

}  // namespace certbroker::scripted_ca
