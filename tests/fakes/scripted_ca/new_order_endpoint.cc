#include <algorithm>

#include "tests/fakes/scripted_ca/account_view.h"
#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/order_view.h"
#include "tests/fakes/scripted_ca/progress.h"
#include "tests/fakes/scripted_ca/renewal_window.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kTokenOctets = 32;

// What newOrder was asked for, understood.
struct Wanted {
  std::vector<Identifier> names;
  std::string profile;  // empty: this CA has none
  Profile terms;
  std::string replaces;
  Exemption exemption;
};

std::optional<Problem> CheckNames(const Ca& ca, const Wanted& wanted) {
  for (const Identifier& name : wanted.names) {
    if (name.type == "ip" && !wanted.terms.takes_ip) {
      return Problem{400, "rejectedIdentifier", "the profile takes no addresses"};
    }
    if (ca.options.blocked_names.count(name.base()) == 0) continue;
    Problem problem{400, "rejectedIdentifier", "policy forbids issuing for " + name.base()};
    Json subproblem = ToJson(Problem{400, "rejectedIdentifier", "policy forbids it"});
    subproblem.erase("status");
    subproblem["identifier"] = ToJson(name);
    problem.more["subproblems"] = Json::array({std::move(subproblem)});
    return problem;
  }
  if (wanted.names.size() <= wanted.terms.max_names) return std::nullopt;
  return Malformed("an order has at most " + std::to_string(wanted.terms.max_names) + " names");
}

std::optional<Problem> ReadProfile(const Ca& ca, const Json& payload, Wanted& wanted) {
  const std::string* name = StringAt(payload, "profile");
  const auto& profiles = ca.options.profiles;
  if (name == nullptr && profiles.empty()) return std::nullopt;
  std::string chosen = name != nullptr ? *name : ca.options.default_profile;
  if (chosen.empty() && name == nullptr) chosen = profiles.begin()->first;
  const auto found = profiles.find(chosen);
  if (found == profiles.end()) {
    return Problem{400, "invalidProfile", "there is no profile '" + chosen + "'"};
  }
  wanted.profile = chosen;
  wanted.terms = found->second;
  return std::nullopt;
}

bool SharesAName(const std::vector<Identifier>& a, const std::vector<Identifier>& b) {
  return std::any_of(a.begin(), a.end(), [&b](const Identifier& name) {
    return std::find(b.begin(), b.end(), name) != b.end();
  });
}

// RFC 9773 §5.
std::optional<Problem> CheckReplaces(Ca& ca, Id account, Wanted& wanted) REQUIRES(ca.mutex) {
  if (wanted.replaces.empty()) return std::nullopt;
  const Certificate* old = ca.store.FindByRenewalId(wanted.replaces);
  if (old == nullptr) return NotFound("\"replaces\" names no certificate of this CA");
  if (old->account != account)
    return Unauthorized("\"replaces\" names somebody else's certificate");
  if (!SharesAName(old->names, wanted.names)) {
    return Malformed("the order shares no identifier with the certificate that it replaces");
  }
  if (Order* other = ca.store.FindOrder(old->replaced_by)) {
    BringUpToDate(ca, *other);
    if (other->status != Status::kInvalid) {
      return Problem{409, "alreadyReplaced",
                     "the certificate has been replaced by order " + std::to_string(other->id)};
    }
  }
  const auto [start, end] = WindowOf(*old, ca.clock.Now());
  wanted.exemption.ari = ca.clock.Now() >= start && ca.clock.Now() < end;
  return std::nullopt;
}

// In the order in which Let's Encrypt checks.
std::optional<Problem> Check(Ca& ca, const SignedRequest& request, Wanted& wanted)
    REQUIRES(ca.mutex) {
  const Time now = ca.clock.Now();
  if (auto problem = ca.limits.CheckPause(request.account, wanted.names)) return problem;
  if (auto problem = CheckReplaces(ca, request.account, wanted)) return problem;
  wanted.exemption.same_names = CountsAsRenewal(ca.store.LastIssued(wanted.names), now);
  if (auto problem = ReadProfile(ca, request.payload, wanted)) return problem;
  if (auto problem = CheckNames(ca, wanted)) return problem;
  return ca.limits.OnNewOrder(request.account, wanted.names, wanted.exemption, now);
}

bool Offers(const std::string& type, const Identifier& name) {
  if (name.wildcard()) return type.starts_with("dns-");   // RFC 8555 §7.1.3
  return name.type != "ip" || !type.starts_with("dns-");  // RFC 8738 §7
}

Authorization NewAuthorization(Ca& ca, Id account, const Identifier& name, const Profile& terms) {
  Authorization authorization;
  authorization.account = account;
  authorization.identifier = {name.type, name.base()};
  authorization.wildcard = name.wildcard();
  authorization.created = ca.clock.Now();
  authorization.expires = authorization.created + terms.pending_authorization_lifetime;
  authorization.lifetime_when_valid = terms.authorization_lifetime;
  Bytes octets(kTokenOctets);
  ca.random.Fill(octets);
  const std::string token = Base64Url(octets);
  for (const std::string& type : ca.options.challenge_types) {
    if (!Offers(type, name)) continue;
    Challenge& challenge = authorization.challenges.emplace_back();
    challenge.type = type;
    challenge.token = token;
  }
  return authorization;
}

Id AuthorizationFor(Ca& ca, Id account, const Identifier& name, const Profile& terms)
    REQUIRES(ca.mutex) {
  if (Authorization* proof =
          ca.store.LastProof(account, {name.type, name.base()}, name.wildcard())) {
    BringUpToDate(ca, *proof);
    if (proof->status == Status::kValid && ca.Chance(ca.options.authorization_reuse_percent)) {
      return proof->id;
    }
  }
  return ca.store.AddAuthorization(NewAuthorization(ca, account, name, terms)).id;
}

// The order that Let's Encrypt hands out again instead of making another.
Order* Reusable(Ca& ca, Id account, const Wanted& wanted) REQUIRES(ca.mutex) {
  if (!ca.options.reuse_pending_orders) return nullptr;
  Order* order = ca.store.LastOrder(account, wanted.names, wanted.profile);
  if (order == nullptr) return nullptr;
  BringUpToDate(ca, *order);
  const bool open = order->status == Status::kPending || order->status == Status::kReady;
  return open ? order : nullptr;
}

Order& MakeOrder(Ca& ca, Id account, Wanted wanted) REQUIRES(ca.mutex) {
  Order order;
  order.account = account;
  order.created = ca.clock.Now();
  order.expires = order.created + wanted.terms.order_lifetime;
  order.profile = wanted.profile;
  order.replaces = wanted.replaces;
  for (const Identifier& name : wanted.names) {
    order.authorizations.push_back(AuthorizationFor(ca, account, name, wanted.terms));
  }
  order.identifiers = std::move(wanted.names);
  Order& made = ca.store.AddOrder(std::move(order));
  BringUpToDate(ca, made);
  if (Certificate* old = ca.store.FindByRenewalId(made.replaces)) old->replaced_by = made.id;
  return made;
}

}  // namespace

Response NewOrder(Ca& ca, const SignedRequest& request) {
  const Json& payload = request.payload;
  if (request.is_get()) return ToResponse(Malformed("newOrder needs a payload"));
  if (payload.contains("notBefore") || payload.contains("notAfter")) {
    return ToResponse(Malformed("notBefore and notAfter are not supported"));
  }
  auto names = ParseIdentifiers(payload);
  if (!names) return ToResponse(names.problem());
  Wanted wanted;
  wanted.names = *std::move(names);
  if (const std::string* replaces = StringAt(payload, "replaces")) wanted.replaces = *replaces;
  if (payload.contains("replaces") && wanted.replaces.empty()) {
    return ToResponse(Malformed("\"replaces\" is no certificate identifier"));
  }

  const MutexLock lock(ca.mutex);
  if (ca.store.FindAccount(request.account)->agreed_terms != ca.terms) {
    return ToResponse(TermsNotAgreed(ca.terms));
  }
  if (auto problem = Check(ca, request, wanted)) return ToResponse(*problem);
  if (const Order* order = Reusable(ca, request.account, wanted))
    return OrderAnswer(ca, *order, 201);
  return OrderAnswer(ca, MakeOrder(ca, request.account, std::move(wanted)), 201);
}

}  // namespace certbroker::scripted_ca
