#include "tests/fakes/scripted_ca/endpoints.h"

namespace certbroker::scripted_ca {
namespace {

Json Meta(Ca& ca) {
  const Options& options = ca.options;
  Json meta = Json::object();
  {
    const MutexLock lock(ca.mutex);
    if (!ca.terms.empty()) meta["termsOfService"] = ca.terms;
  }
  if (!options.website.empty()) meta["website"] = options.website;
  if (!options.caa_identities.empty()) meta["caaIdentities"] = options.caa_identities;
  if (options.eab_required) meta["externalAccountRequired"] = true;
  for (const auto& [name, profile] : options.profiles) meta["profiles"][name] = profile.description;
  return meta;
}

}  // namespace

Response GetDirectory(Ca& ca) {
  Json directory = {{"newNonce", ca.Url(Endpoint::kNewNonce)},
                    {"newAccount", ca.Url(Endpoint::kNewAccount)},
                    {"newOrder", ca.Url(Endpoint::kNewOrder)},
                    {"revokeCert", ca.Url(Endpoint::kRevokeCert)}};
  if (ca.options.key_change) directory["keyChange"] = ca.Url(Endpoint::kKeyChange);
  if (ca.options.renewal_info) directory["renewalInfo"] = ca.Url(Endpoint::kRenewalInfo);
  Json meta = Meta(ca);
  if (!meta.empty()) directory["meta"] = std::move(meta);
  return JsonResponse(200, directory);
}

}  // namespace certbroker::scripted_ca
