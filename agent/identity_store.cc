#include "agent/identity_store.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"
#include "agent/json_fields.h"
#include "client/time_text.h"
#include "pki/pem_chain.h"
#include "pki/trust_anchors.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kServiceVersion = 1;
constexpr const char* kIdentity = "identity.pem";
constexpr const char* kServerCa = "server-ca.pem";
constexpr const char* kService = "service.json";
constexpr const char* kJoinKey = "join.key";

Error Unreadable(const fs::path& path, std::string_view why) {
  return {Reason::kFileUnusable,
          fmt::format("{} {}; have an operator run 'certbroker tokens create', then "
                      "'certbroker-agent join --replace' with that token",
                      Printable(path.string()), why)};
}

// Of the file that begins with the key.
Result<pki::Certificate> LeafBehindKey(const fs::path& path, const Secret& both) {
  const std::string_view text = both.ExposeForUse();
  const std::size_t begin = text.find("-----BEGIN CERTIFICATE-----");
  if (begin == std::string_view::npos) return Unreadable(path, "holds no certificate");
  const auto chain = pki::ParsePemChain(text.substr(begin));
  if (!chain) return Unreadable(path, chain.error().detail());
  if (chain->front().uri_names().empty()) return Unreadable(path, "is no agent's");
  return chain->front();
}

std::string ServiceText(const v1::AgentIdentity& issued, const JoinedService& service,
                        const pki::Certificate& leaf) {
  const nlohmann::ordered_json json = {{"version", kServiceVersion},
                                       {"addresses", service.addresses},
                                       {"spiffe_id", issued.spiffe_id()},
                                       {"serial", leaf.serial()},
                                       {"expire_time", client::TimeText(issued.expire_time())},
                                       {"renew_time", client::TimeText(issued.renew_time())},
                                       {"join_token", service.join_token}};
  return json.dump(2) + "\n";
}

Time HalfLife(const pki::Certificate& leaf) {
  return leaf.not_before() + (leaf.not_after() - leaf.not_before()) / 2;
}

Result<HostIdentity> Describe(const fs::path& path, const std::string& service,
                              const pki::Certificate& leaf) {
  const auto json = nlohmann::json::parse(service, nullptr, false);
  if (!HasVersion(json, kServiceVersion)) return Unreadable(path, "is not of this version");
  HostIdentity identity{.spiffe_id = Printable(leaf.uri_names().front()),
                        .addresses = TextsAt(json, "addresses"),
                        .not_before = leaf.not_before(),
                        .expire_time = leaf.not_after(),
                        .renew_time = HalfLife(leaf)};
  if (identity.addresses.empty()) return Unreadable(path, "does not say where the service is");
  // After a crash between the two files the description may be another identity's.
  if (TextAt(json, "serial") == leaf.serial()) {
    identity.join_token = TextAt(json, "join_token");
    identity.renew_time = ParseRfc3339(TextAt(json, "renew_time")).value_or(identity.renew_time);
  }
  return identity;
}

Result<pki::Certificate> CheckIssued(const HostKey& key, const v1::AgentIdentity& issued) {
  const auto refuse = [](std::string_view why) {
    return Error(Reason::kCertificateRefused,
                 fmt::format("the identity that the service issued is not taken: {}", why));
  };
  const auto chain = pki::ParsePemChain(issued.certificate_pem());
  if (!chain) return refuse(chain.error().detail());
  const pki::Certificate& leaf = chain->front();
  if (leaf.spki_sha256() != key.spki_sha256()) return refuse("it is for another key");
  if (leaf.uri_names() != std::vector<std::string>{issued.spiffe_id()}) {
    return refuse("it is in another name than the service says");
  }
  const auto anchors = pki::TrustAnchors::Parse(issued.server_ca_pem());
  if (!anchors) return refuse(anchors.error().detail());
  return leaf;
}

}  // namespace

client::IdentityFiles IdentityStore::files() const {
  return {.ca = folder_ / kServerCa, .identity = folder_ / kIdentity, .identity_key = {}};
}

Result<void> IdentityStore::Prepare() const { return MakeFolder(folder_, 0700); }

Result<std::optional<HostIdentity>> IdentityStore::Load() const {
  const auto both = ReadSecret(folder_ / kIdentity);
  if (!both && both.error().reason() == Reason::kNotFound) return std::optional<HostIdentity>();
  if (!both) return both.error();
  ASSIGN_OR_RETURN(const pki::Certificate leaf, LeafBehindKey(folder_ / kIdentity, *both));
  const auto service = ReadText(folder_ / kService);
  if (!service) return Unreadable(folder_ / kService, "cannot be read");
  ASSIGN_OR_RETURN(HostIdentity identity, Describe(folder_ / kService, *service, leaf));
  return std::optional(std::move(identity));
}

Result<HostIdentity> IdentityStore::Save(const HostKey& key, const v1::AgentIdentity& issued,
                                         const JoinedService& service) const {
  ASSIGN_OR_RETURN(const pki::Certificate leaf, CheckIssued(key, issued));
  const std::string text = ServiceText(issued, service, leaf);
  const Secret pem = key.ToPem();
  // Room for all of it, because a growing string leaves copies of the key behind.
  std::string both;
  both.reserve(pem.ExposeForUse().size() + issued.certificate_pem().size());
  both += pem.ExposeForUse();
  both += issued.certificate_pem();
  const Secret whole(std::move(both));
  RETURN_IF_ERROR(WriteDurably(folder_ / kServerCa, issued.server_ca_pem(), 0644));
  RETURN_IF_ERROR(WriteDurably(folder_ / kService, text, 0644));
  RETURN_IF_ERROR(WriteDurably(folder_ / kIdentity, whole.ExposeForUse(), 0600));
  return Describe(folder_ / kService, text, leaf);
}

Result<HostKey> IdentityStore::JoinKey() const {
  const auto pem = ReadSecret(folder_ / kJoinKey);
  if (pem) {
    auto key = HostKey::FromPem(*pem);
    if (!key) return std::move(key).error().While(Printable((folder_ / kJoinKey).string()));
    return key;
  }
  if (pem.error().reason() != Reason::kNotFound) return pem.error();
  ASSIGN_OR_RETURN(HostKey key, HostKey::Generate(pki::KeyType::kEcP256));
  const Secret made = key.ToPem();
  RETURN_IF_ERROR(WriteDurably(folder_ / kJoinKey, made.ExposeForUse(), 0600));
  return key;
}

Result<void> IdentityStore::ForgetJoinKey() const { return RemoveDurably(folder_ / kJoinKey); }

Result<void> IdentityStore::Remove() const {
  RETURN_IF_ERROR(RemoveDurably(folder_ / kIdentity));
  RETURN_IF_ERROR(RemoveDurably(folder_ / kJoinKey));
  RETURN_IF_ERROR(RemoveDurably(folder_ / kService));
  return RemoveDurably(folder_ / kServerCa);
}

fs::path DefaultStateFolder() {
  constexpr const char* kName = "certbroker-agent";
  if (::geteuid() == 0) return fs::path("/var/lib") / kName;
  // The XDG specification ignores what is not absolute.
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return fs::path(state) / kName;
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? fs::path() : fs::path(home) / ".local/state" / kName;
}

}  // namespace certbroker::agent
