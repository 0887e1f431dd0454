#include "tests/fakes/scripted_ca/options_json.h"

#include "tests/fakes/scripted_ca/json_setters.h"

namespace certbroker::scripted_ca {
namespace {

std::optional<Validation> ValidationFromName(const std::string& name) {
  if (name == "always_valid") return Validation::kAlwaysValid;
  if (name == "fetch") return Validation::kFetch;
  if (name == "always_invalid") return Validation::kAlwaysInvalid;
  return std::nullopt;
}

Setter IntoEabKeys(std::map<std::string, Bytes>& out) {
  return [&out](const Json& json) {
    if (!json.is_object()) return false;
    for (const auto& [id, text] : json.items()) {
      const auto key = text.is_string() ? FromBase64Url(text.get<std::string>()) : std::nullopt;
      if (!key) return false;
      out[id] = *key;
    }
    return true;
  };
}

Setter IntoSet(std::set<std::string>& out) {
  return [&out](const Json& json) {
    std::vector<std::string> list;
    if (!Into(list)(json)) return false;
    out = {list.begin(), list.end()};
    return true;
  };
}

Setter IntoNumbers(std::set<int>& out) {
  return [&out](const Json& json) {
    if (!json.is_array()) return false;
    out.clear();
    for (const Json& item : json) {
      if (!item.is_number_integer()) return false;
      out.insert(item.get<int>());
    }
    return true;
  };
}

Setter IntoLag(ReplicaLag& lag) {
  return [&lag](const Json& json) {
    return ReadObject(json, "lag",
                      {{"account", Into(lag.account)},
                       {"order", Into(lag.order)},
                       {"authorization", Into(lag.authorization)},
                       {"certificate", Into(lag.certificate)}})
        .has_value();
  };
}

bool ReadProfile(const Json& json, Profile& profile) {
  return ReadObject(
             json, "profile",
             {{"description", Into(profile.description)},
              {"validity", Into(profile.validity)},
              {"order_lifetime", Into(profile.order_lifetime)},
              {"pending_authorization_lifetime", Into(profile.pending_authorization_lifetime)},
              {"authorization_lifetime", Into(profile.authorization_lifetime)},
              {"max_names", Into(profile.max_names)},
              {"takes_ip", Into(profile.takes_ip)}})
      .has_value();
}

Setter IntoProfiles(std::map<std::string, Profile>& out) {
  return [&out](const Json& json) {
    if (!json.is_object()) return false;
    for (const auto& [name, profile] : json.items()) {
      if (!ReadProfile(profile, out[name])) return false;
    }
    return true;
  };
}

Setters DirectoryMembers(Options& options) {
  return {{"directory_path", Into(options.directory_path)},
          {"terms_of_service", Into(options.terms_of_service)},
          {"website", Into(options.website)},
          {"caa_identities", Into(options.caa_identities)},
          {"eab_keys", IntoEabKeys(options.eab_keys)},
          {"eab_required", Into(options.eab_required)},
          {"profiles", IntoProfiles(options.profiles)},
          {"default_profile", Into(options.default_profile)},
          {"renewal_info", Into(options.renewal_info)},
          {"key_change", Into(options.key_change)}};
}

Setters IssuanceMembers(Options& options) {
  return {{"intermediates", Into(options.intermediates)},
          {"alternate_roots", Into(options.alternate_roots)},
          {"common_name", Into(options.common_name)},
          {"issuance_time", Into(options.issuance_time)},
          {"revocation_reasons", IntoNumbers(options.revocation_reasons)},
          {"renewal_retry_after", Into(options.renewal_retry_after)},
          {"validation", IntoWord(options.validation, &ValidationFromName)},
          {"http_port", Into(options.http_port)},
          {"tls_port", Into(options.tls_port)},
          {"dns_resolver", Into(options.dns_resolver)},
          {"issuer_domain_names", Into(options.issuer_domain_names)},
          {"validation_address", Into(options.validation_address)},
          {"challenge_types", Into(options.challenge_types)},
          {"validation_time", Into(options.validation_time)},
          {"authorization_reuse_percent", Into(options.authorization_reuse_percent)},
          {"reuse_pending_orders", Into(options.reuse_pending_orders)},
          {"blocked_names", IntoSet(options.blocked_names)}};
}

Setters AnswerMembers(Options& options) {
  return {{"listen", Into(options.listen)},
          {"host_name", Into(options.host_name)},
          {"threads", Into(options.threads)},
          {"retry_after_form", IntoWord(options.retry_after_form, &RetryAfterFormFromName)},
          {"retry_after", Into(options.retry_after)},
          {"lag", IntoLag(options.lag)},
          {"orders_per_page", Into(options.orders_per_page)},
          {"nonce_lifetime", Into(options.nonce_lifetime)},
          {"nonce_limit", Into(options.nonce_limit)},
          {"issuance_limits", Into(options.issuance_limits)},
          {"request_limits", Into(options.request_limits)},
          {"keep_requests", Into(options.keep_requests)},
          {"seed", Into(options.seed)}};
}

}  // namespace

Result<Options> OptionsFromJson(const Json& json, Options options) {
  Setters setters = DirectoryMembers(options);
  setters.merge(IssuanceMembers(options));
  setters.merge(AnswerMembers(options));
  RETURN_IF_ERROR(ReadObject(json, "options", setters));
  return options;
}

}  // namespace certbroker::scripted_ca
