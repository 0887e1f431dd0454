#include "tests/fakes/scripted_ca/endpoint.h"

#include <array>
#include <charconv>
#include <utility>

namespace certbroker::scripted_ca {
namespace {

constexpr auto kEndpointNames = std::to_array<std::pair<Endpoint, std::string_view>>({
    {Endpoint::kDirectory, "directory"},
    {Endpoint::kNewNonce, "new-nonce"},
    {Endpoint::kNewAccount, "new-account"},
    {Endpoint::kNewOrder, "new-order"},
    {Endpoint::kRevokeCert, "revoke-cert"},
    {Endpoint::kKeyChange, "key-change"},
    {Endpoint::kAccount, "account"},
    {Endpoint::kOrders, "orders"},
    {Endpoint::kOrder, "order"},
    {Endpoint::kFinalize, "finalize"},
    {Endpoint::kAuthorization, "authorization"},
    {Endpoint::kChallenge, "challenge"},
    {Endpoint::kCertificate, "certificate"},
    {Endpoint::kRenewalInfo, "renewal-info"},
    {Endpoint::kUnknown, "unknown"},
});

}  // namespace

std::string_view NameOf(Endpoint endpoint) {
  return kEndpointNames.at(static_cast<std::size_t>(endpoint)).second;
}

std::optional<Endpoint> EndpointFromName(std::string_view name) {
  for (const auto& [endpoint, text] : kEndpointNames) {
    if (text == name) return endpoint;
  }
  return std::nullopt;
}

Route RouteOf(std::string_view target, std::string_view directory_path) {
  Route route;
  const std::size_t question = target.find('?');
  if (question != std::string_view::npos) {
    route.query = target.substr(question + 1);
    target = target.substr(0, question);
  }
  if (target == directory_path) {
    route.endpoint = Endpoint::kDirectory;
    return route;
  }
  if (!target.starts_with('/')) return route;
  target.remove_prefix(1);
  const std::size_t slash = target.find('/');
  const auto endpoint = EndpointFromName(target.substr(0, slash));
  if (!endpoint || *endpoint == Endpoint::kDirectory) return route;
  route.endpoint = *endpoint;
  if (slash != std::string_view::npos) route.argument = target.substr(slash + 1);
  return route;
}

std::string PathOf(Endpoint endpoint, std::string_view argument) {
  std::string path = "/" + std::string(NameOf(endpoint));
  if (!argument.empty()) path.append("/").append(argument);
  return path;
}

std::uint64_t ParseId(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.starts_with('0') ? id : 0;
}

}  // namespace certbroker::scripted_ca
