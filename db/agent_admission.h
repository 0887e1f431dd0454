// db/agent_admission.h: how an agent comes to its identities, as rows.
#pragma once

#include <chrono>

#include "core/ports/agent_store.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// AgentStore::Redeem and Renew.
Result<NewIdentity> RedeemIn(Transaction& tx, const Redemption& redemption,
                             std::chrono::milliseconds lifetime);
Result<NewIdentity> RenewIn(Transaction& tx, const AgentId& agent, IdentityNumber shown,
                            std::chrono::milliseconds lifetime);

}  // namespace certbroker::db
