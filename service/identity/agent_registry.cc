#include "service/identity/agent_registry.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace certbroker::identity {
namespace {

bool SameCas(const AgentRegistry::Cas& known, const std::vector<AgentCa>& read) {
  return std::ranges::equal(known, read, [](const KnownCa& a, const AgentCa& b) {
    return a.id == b.id && a.state == b.state;
  });
}

constexpr int kLooksPerFullRead = 30;

bool SameStanding(const AgentStanding& a, const AgentStanding& b) {
  return a.state == b.state && a.removed == b.removed && a.used_identity == b.used_identity;
}

}  // namespace

AgentRegistry::AgentRegistry(AgentStore& agents, AgentCaStore& cas, ChangeFeed& feed, Clock& clock,
                             Log& log)
    : agents_(agents), ca_store_(cas), clock_(clock), log_(log) {
  subscription_ = feed.Subscribe(Channel::kAgent, [this](const std::string&) {
    const MutexLock lock(mutex_);
    hinted_ = true;
    wake_.NotifyOne();
  });
}

AgentRegistry::~AgentRegistry() {
  subscription_.reset();
  Stop();
}

void AgentRegistry::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
  const MutexLock refreshing(refresh_mutex_);
  on_change_ = nullptr;
}

void AgentRegistry::Start(OnChange on_change) {
  {
    const MutexLock refreshing(refresh_mutex_);
    on_change_ = std::move(on_change);
  }
  thread_ = std::jthread([this] { Run(); });
}

void AgentRegistry::Run() {
  ::pthread_setname_np(::pthread_self(), "agents");
  bool failed = false;
  for (int look = 0;; ++look) {
    // A database that was restored, or failed over to one that lagged behind, counts its changes
    // from further back than ours.
    if (look % kLooksPerFullRead == kLooksPerFullRead - 1) ReadAllNext();
    const auto refreshed = Refresh();
    // Once per outage: the rest of the service says enough about a database that is away.
    if (!refreshed && !failed) {
      log_.Warning("agents_not_read", {{"error", refreshed.error().ToString()}});
    }
    failed = !refreshed;
    const SteadyTime next = clock_.Tick() + kLook;
    const MutexLock lock(mutex_);
    while (!stopping_ && !hinted_ && clock_.Tick() < next) wake_.WaitUntil(mutex_, next);
    if (stopping_) return;
    hinted_ = false;
  }
}

void AgentRegistry::ReadAllNext() {
  const MutexLock lock(refresh_mutex_);
  change_ = 0;
}

Result<void> AgentRegistry::Refresh() {
  const MutexLock lock(refresh_mutex_);
  const auto agents = RefreshAgents();
  const auto cas = RefreshCas();
  review_due_ = review_due_ || (agents && *agents) || (cas && *cas);
  if (review_due_ && on_change_) {
    on_change_();
    review_due_ = false;
  }
  RETURN_IF_ERROR(agents);
  RETURN_IF_ERROR(cas);
  return {};
}

Result<bool> AgentRegistry::RefreshAgents() {
  ASSIGN_OR_RETURN(Standings read, agents_.ChangedSince(change_));
  change_ = read.change;
  bool changed = false;
  const MutexLock lock(mutex_);
  for (AgentStanding& standing : read.agents) {
    const auto [place, added] = standings_.try_emplace(standing.agent, standing);
    changed = changed || added || !SameStanding(place->second, standing);
    place->second = std::move(standing);
  }
  return changed;
}

Result<bool> AgentRegistry::RefreshCas() {
  ASSIGN_OR_RETURN(const std::vector<AgentCa> read, ca_store_.All());
  if (SameCas(*cas(), read)) return false;
  auto known = std::make_shared<Cas>();
  for (const AgentCa& ca : read) {
    auto certificate = pki::Certificate::Parse(ca.certificate);
    if (!certificate) {
      return std::move(certificate)
          .error()
          .While(fmt::format("reading the certificate of agentCas/{}", ca.id.ToString()));
    }
    known->push_back({ca.id, ca.state, ca.key_uri, *std::move(certificate), ca.create_time});
  }
  const MutexLock lock(mutex_);
  cas_ = std::move(known);
  return true;
}

std::shared_ptr<const AgentRegistry::Cas> AgentRegistry::cas() const {
  const MutexLock lock(mutex_);
  return cas_;
}

std::optional<AgentStanding> AgentRegistry::StandingOf(const AgentId& agent) const {
  const MutexLock lock(mutex_);
  const auto found = standings_.find(agent);
  return found == standings_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> AgentRegistry::Check(const AgentId& agent,
                                  std::optional<IdentityNumber> number) const {
  const auto standing = StandingOf(agent);
  // Who was removed has a standing, so who has none joined a moment ago at another replica, or is
  // known by the operator's CA. The certificate, which somebody verified, decides.
  if (!standing) return {};
  const std::string name = Printable(agent.ToString(), 200);
  if (standing->state == AgentState::kBanned) {
    return Error(
        Reason::kAgentBanned,
        fmt::format("an operator has banned {} ({}); `certbroker agents unban {}` takes it "
                    "back",
                    name,
                    standing->ban_reason.empty() ? "no reason was given"
                                                 : Printable(standing->ban_reason, 200),
                    name));
  }
  if (!number) return {};
  if (standing->removed) {
    return Error(Reason::kAgentNotEnrolled,
                 fmt::format("{} was removed; let it join again with a new token "
                             "(certbroker tokens create)",
                             name));
  }
  if (*number < standing->used_identity) {
    return Error(Reason::kIdentitySuperseded,
                 fmt::format("a newer identity of {} is in use. If this host has not renewed it, "
                             "somebody else has: ban the agent (certbroker agents ban) and let it "
                             "join again",
                             name));
  }
  return {};
}

}  // namespace certbroker::identity
