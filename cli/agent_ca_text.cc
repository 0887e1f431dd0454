#include "cli/agent_ca_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "cli/field_list.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "client/table.h"
#include "core/bytes.h"
#include "core/error.h"

namespace certbroker::cli {
namespace {

constexpr std::size_t kShownOfId = 60;

struct LifeStep {
  v1::AgentCa::State state;
  std::string_view meaning;
  std::string_view next;  // verb; empty: nothing is to be done
};

constexpr LifeStep kLife[] = {
    {v1::AgentCa::PREPARED,
     "It is accepted and signs nothing yet. Wait 5 s, until every replica knows it; then:",
     "activate"},
    {v1::AgentCa::ACTIVE,
     "It signs all identities from now on. The one before is retired: accepted until what it "
     "signed "
     "has expired.",
     ""},
    {v1::AgentCa::RETIRED,
     "It is accepted and signs no more. To have its identities replaced at once:", "taint"},
    {v1::AgentCa::TAINTED,
     "Connected agents replace what it signed now, others when they are back. When none is left "
     "with an old one:",
     "revoke"},
    {v1::AgentCa::REVOKED,
     "Nothing that it signed is accepted. Agents that have nothing newer join again with a new "
     "token (certbroker tokens create).",
     ""},
};

std::string NextStep(const v1::AgentCa& ca) {
  const auto* const step = std::ranges::find(kLife, ca.state(), &LifeStep::state);
  if (step == std::end(kLife)) return "";
  if (step->next.empty()) return fmt::format("{}\n", step->meaning);
  return fmt::format("{}\n  certbroker admin agent-cas {} {}\n", step->meaning, step->next,
                     Printable(IdOf(kAgentCas, ca.name()), kShownOfId));
}

}  // namespace

std::string AgentCasText(const v1::ListAgentCasResponse& list, Time now) {
  if (list.agent_cas().empty()) {
    return "No agent CAs: the service makes the first one when its configuration has [identity] "
           "and the key is provisioned.\n";
  }
  client::Table table({"AGENT CA", "STATE", "KEY", "EXPIRES", "SHA-256"});
  for (const v1::AgentCa& ca : list.agent_cas()) {
    table.Add({IdOf(kAgentCas, ca.name()), v1::AgentCa::State_Name(ca.state()), ca.key_uri(),
               When(ca.expire_time(), now), Hex(AsBytes(ca.certificate_sha256()))});
  }
  return table.Text();
}

std::string AgentCaText(const v1::AgentCa& ca, Time now) {
  FieldList fields;
  fields.Add("Agent CA", ca.name());
  fields.Add("State", v1::AgentCa::State_Name(ca.state()));
  fields.Add("Key", ca.key_uri());
  fields.Add("SHA-256", Hex(AsBytes(ca.certificate_sha256())));
  fields.Add("Created", When(ca.create_time(), now));
  fields.Add("Expires", When(ca.expire_time(), now));
  return fields.Text() + NextStep(ca);
}

}  // namespace certbroker::cli
