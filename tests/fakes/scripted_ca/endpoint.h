// tests/fakes/scripted_ca/endpoint.h: the resources of the CA and their paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace certbroker::scripted_ca {

enum class Endpoint {
  kDirectory,
  kNewNonce,
  kNewAccount,
  kNewOrder,
  kRevokeCert,
  kKeyChange,
  kAccount,
  kOrders,
  kOrder,
  kFinalize,
  kAuthorization,
  kChallenge,
  kCertificate,
  kRenewalInfo,
  kUnknown,
};

// "new-order": the first part of its path, and its name in scripts and counters.
std::string_view NameOf(Endpoint endpoint);
std::optional<Endpoint> EndpointFromName(std::string_view name);

struct Route {
  Endpoint endpoint = Endpoint::kUnknown;
  std::string argument;  // "/order/7" → "7"; "/challenge/7/0" → "7/0"
  std::string query;     // without the '?'
};
Route RouteOf(std::string_view target, std::string_view directory_path);

// "/order/7"
std::string PathOf(Endpoint endpoint, std::string_view argument = {});

// A positive number without leading zeros, or 0.
std::uint64_t ParseId(std::string_view text);

}  // namespace certbroker::scripted_ca
