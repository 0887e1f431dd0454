// service/rpc/convert.h: core values to API messages. The other direction is the handlers'
// business: it can fail.
#pragma once

#include <vector>

#include "certbroker/v1/account.pb.h"
#include "certbroker/v1/audit.pb.h"
#include "certbroker/v1/certificate.pb.h"
#include "certbroker/v1/order.pb.h"
#include "core/account.h"
#include "core/certificate.h"
#include "core/checkpoint.h"
#include "core/key_use.h"
#include "core/order.h"

namespace certbroker::rpc {

void SetTime(Time time, google::protobuf::Timestamp* out);

v1::Order ToProto(const Order& order, const std::vector<OrderEvent>& events = {});

enum class Chains { kOmit, kInclude };
// `now` decides whether the current version is expired.
v1::Certificate ToProto(const ManagedCertificate& certificate, Chains chains, Time now);
v1::AccountKey ToProto(const AccountKey& key);
v1::Account ToProto(const Account& account);
v1::KeyUse ToProto(const RecordedKeyUse& record);
v1::Checkpoint ToProto(const SignedCheckpoint& checkpoint);

}  // namespace certbroker::rpc
