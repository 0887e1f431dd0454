// tests/fakes/scripted_ca/issuance_limits.h: Let's Encrypt's limits on accounts, orders, names and
// failures, with their texts; and the pause after too many failures.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/fakes/scripted_ca/gcra.h"
#include "tests/fakes/scripted_ca/model.h"

namespace certbroker::scripted_ca {

// What exempts an order, RFC 9773 and "renewal" in Let's Encrypt's sense.
struct Exemption {
  bool ari = false;         // `replaces`, inside the window
  bool same_names = false;  // the set was issued in the last 120 days
};

// Whether an order for a set that was last issued at `last` is a "renewal": within 120 days.
bool CountsAsRenewal(std::optional<Time> last, Time now);

// Not thread-safe. Without `enabled` nothing is refused but paused names.
class IssuanceLimits {
 public:
  explicit IssuanceLimits(bool enabled);

  std::optional<Problem> OnNewAccount(const std::string& address, Time now);
  // Before anything else of newOrder: ARI exempts nobody from a pause.
  std::optional<Problem> CheckPause(Id account, const std::vector<Identifier>& names) const;
  std::optional<Problem> OnNewOrder(Id account, const std::vector<Identifier>& names,
                                    Exemption exemption, Time now);
  void OnIssued(const std::vector<Identifier>& names, bool same_names, Time now);
  void OnValidationFailed(Id account, const Identifier& name, Time now);
  void OnValidated(Id account, const Identifier& name);

  void Pause(Id account, const std::string& name);
  void Unpause(Id account);

 private:
  std::optional<Problem> CheckNames(Id account, const std::vector<Identifier>& names,
                                    bool same_names, Time now) const;

  const bool enabled_;
  Gcra registrations_;
  Gcra orders_;
  Gcra certificates_per_domain_;
  Gcra certificates_per_set_;
  Gcra failures_;
  Gcra consecutive_failures_;
  std::map<Id, std::set<std::string>> paused_;
};

// What the limit per domain counts by: eTLD+1, an IPv4 address, an IPv6 /64.
std::string RegisteredDomain(const Identifier& identifier);

}  // namespace certbroker::scripted_ca
