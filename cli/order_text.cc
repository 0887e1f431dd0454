#include "cli/order_text.h"

#include <fmt/format.h>

#include "cli/failure_text.h"
#include "cli/field_list.h"
#include "cli/name_list.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "client/order_state_name.h"
#include "client/table.h"

namespace certbroker::cli {
namespace {

// "HSM, tried again 2026-11-21T07:30:00Z (in 3 s)"; empty: it moves, or it is final.
std::string HeldText(const v1::Order& order, Time now) {
  if (order.held_by().empty() || !order.has_next_attempt_time()) return order.held_by();
  return fmt::format("{}, tried again {}", order.held_by(), When(order.next_attempt_time(), now));
}

std::string Note(const v1::Order& order, Time now) {
  if (!order.held_by().empty()) return "held by " + HeldText(order, now);
  return order.has_error() ? FailureReason(order.error()) : "";
}

std::string Authorizations(const v1::Order& order) {
  client::Table table({"NAME", "AT THE CA", "CHALLENGE", "AT THE AGENT"});
  for (const auto& one : order.authorizations()) {
    table.Add({(one.wildcard() ? "*." : "") + one.identifier(), one.state(), one.challenge_type(),
               one.presentation()});
  }
  return table.empty() ? "" : "\nAuthorizations\n" + table.Text();
}

std::string History(const v1::Order& order, Time now) {
  client::Table table({"TIME", "STATE", "WHAT HAPPENED"});
  for (const auto& event : order.events()) {
    table.Add({When(event.time(), now), client::StateName(event.state()), event.message()});
  }
  return table.empty() ? "" : "\nHistory\n" + table.Text();
}

}  // namespace

std::string OrdersText(const v1::ListOrdersResponse& list, Time now) {
  if (list.orders().empty()) return "No orders.\n";
  client::Table table({"ORDER", "STATE", "NAMES", "AGENT", "CREATED", "NOTE"});
  for (const v1::Order& order : list.orders()) {
    table.Add({IdOf(kOrders, order.name()), client::StateName(order.state()),
               ShortNames(order.identifiers()), order.agent(), When(order.create_time(), now),
               Note(order, now)});
  }
  return table.Text() + MoreText(list.next_page_token());
}

std::string OrderText(const v1::Order& order, Time now) {
  FieldList fields;
  fields.Add("Order", order.name());
  fields.Add("State", client::StateName(order.state()));
  fields.Add("Held by", HeldText(order, now));
  if (order.has_error()) {
    fields.Add(order.has_end_time() ? "Error" : "Last failure", FailureText(order.error()));
  }
  fields.Add("Names", AllNames(order.identifiers()));
  fields.Add("Kind", order.renewal() ? "renewal" : "first issuance");
  fields.Add("Certificate", order.certificate());
  fields.Add("Agent", order.agent());
  fields.Add("Request", order.request_id());
  fields.Add("Account", order.account());
  fields.Add("Fallback issuers", AllNames(order.fallback_issuers()));
  fields.Add("Profile", order.profile());
  fields.Add("Policy rule", order.policy_rule());
  fields.Add("At the CA", order.acme_order_url());
  fields.Add("Created", When(order.create_time(), now));
  if (order.has_end_time()) fields.Add("Ended", When(order.end_time(), now));
  return fields.Text() + Authorizations(order) + History(order, now);
}

}  // namespace certbroker::cli
