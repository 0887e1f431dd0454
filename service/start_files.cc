#include "service/start_files.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pki/private_key.h"
#include "service/config/problems.h"
#include "service/config/text_file.h"

namespace certbroker {
namespace {

// The problems of several files as one error.
class Findings {
 public:
  void Add(const Result<void>& outcome) {
    if (!outcome) Add(outcome.error());
  }
  void Add(const Error& error) {
    if (error.violations().empty()) {
      violations_.push_back({"", Reason::kConfigInvalid, error.detail()});
    }
    violations_.insert(violations_.end(), error.violations().begin(), error.violations().end());
  }

  void Add(const Findings& more) {
    violations_.insert(violations_.end(), more.violations_.begin(), more.violations_.end());
  }

  bool empty() const { return violations_.empty(); }

  Error ToError() const {
    std::string detail = violations_.front().description;
    if (violations_.size() > 1) {
      detail = fmt::format("{} problems in the configuration and the files that it names",
                           violations_.size());
    }
    Error error(Reason::kConfigInvalid, std::move(detail));
    for (const Violation& violation : violations_) error = std::move(error).With(violation);
    return error;
  }

 private:
  std::vector<Violation> violations_;
};

// Reads the files that a configuration names. A path that the configuration lacks is its own
// problem, named already.
class NamedFiles {
 public:
  explicit NamedFiles(const config::Draft& draft)
      : config_(draft.config), problems_(draft.file_name) {}

  // Nothing where there is a problem.
  std::optional<std::string> Text(const std::string& key, const std::string& path) {
    if (path.empty()) return std::nullopt;
    auto text = config::ReadTextFile(path);
    if (text) return *std::move(text);
    Refuse(key, text.error().detail());
    return std::nullopt;
  }

  // The CA bundle that Text read there.
  std::optional<pki::TrustAnchors> Anchors(const std::string& key, const std::string& path,
                                           const std::optional<std::string>& pem) {
    if (!pem) return std::nullopt;
    auto anchors = pki::TrustAnchors::Parse(*pem);
    if (anchors) return *std::move(anchors);
    Refuse(key, fmt::format("{}: {}", path, anchors.error().detail()));
    return std::nullopt;
  }
  std::optional<pki::TrustAnchors> Anchors(const std::string& key, const std::string& path) {
    return Anchors(key, path, Text(key, path));
  }

  void Refuse(const std::string& key, std::string_view what) {
    const auto line = config_.lines.find(key);
    problems_.Add(line == config_.lines.end() ? 0 : line->second, key, what);
  }

  Result<void> ToResult() const { return problems_.ToResult(); }

 private:
  const config::Config& config_;
  config::Problems problems_;
};

// `chain` and `key`: nothing where there is a problem already.
void CheckPair(const config::AgentsConfig& agents, const std::optional<std::string>& chain,
               const std::optional<std::string>& key, NamedFiles& files) {
  if (!chain) return;
  const auto leaf = pki::LeafOf(*chain);
  if (!leaf) {
    files.Refuse("agents.certificate",
                 fmt::format("{}: {}", agents.certificate, leaf.error().detail()));
    return;
  }
  if (!key) return;
  const auto fits = pki::CheckPrivateKey(*key, *leaf);
  if (!fits) {
    files.Refuse("agents.key", fmt::format("{}: {} (the certificate is {})", agents.key,
                                           fits.error().detail(), agents.certificate));
  }
}

rpc::ListenerOptions ReadListeners(const config::Config& config,
                                   std::optional<pki::TrustAnchors>& operators_cas,
                                   NamedFiles& files) {
  const config::AgentsConfig& agents = config.agents;
  const auto chain = files.Text("agents.certificate", agents.certificate);
  const auto key = files.Text("agents.key", agents.key);
  const auto client_ca = files.Text("agents.client_ca", agents.client_ca);
  CheckPair(agents, chain, key, files);
  // Parsed from what was read, so that a file that changes meanwhile is not two things.
  operators_cas = files.Anchors("agents.client_ca", agents.client_ca, client_ca);
  return {.agents_address = agents.listen,
          .server_chain_pem = chain.value_or(""),
          .server_key_pem = key.value_or(""),
          .client_ca_pem = client_ca.value_or(""),
          .operator_socket = config.operators.socket};
}

std::string ReadServerCa(const config::Config& config, NamedFiles& files) {
  if (!config.identity) return {};
  const std::string& path = config.identity->server_ca;
  const auto pem = files.Text("identity.server_ca", path);
  if (!files.Anchors("identity.server_ca", path, pem)) return {};
  return *pem;
}

// Joining hosts know the SHA-256 of the CA only, and take the certificate from the handshake.
void SendServerCaAlong(const std::string& server_ca_pem, rpc::ListenerOptions& listeners) {
  const auto anchors = pki::TrustAnchors::Parse(server_ca_pem);
  if (!anchors || listeners.server_chain_pem.empty()) return;
  const std::string pinned = anchors->certificates().front().ToPem();
  if (!listeners.server_chain_pem.ends_with('\n')) listeners.server_chain_pem += '\n';
  listeners.server_chain_pem += pinned;
}

std::vector<pki::TrustAnchors> ReadRoots(const std::vector<config::IssuerConfig>& issuers,
                                         NamedFiles& files) {
  std::vector<pki::TrustAnchors> roots;
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const std::string issuer = fmt::format("issuers[{}]", i);
    // Only looked at: the connection to the CA reads it by itself.
    if (issuers[i].tls_roots) files.Anchors(issuer + ".tls_roots", *issuers[i].tls_roots);
    auto anchors = files.Anchors(issuer + ".roots", issuers[i].roots);
    if (anchors) roots.push_back(*std::move(anchors));
  }
  return roots;
}

std::vector<IssuerId> IssuersOf(const config::Config& config) {
  std::vector<IssuerId> configured;
  for (const config::IssuerConfig& issuer : config.issuers) configured.push_back(issuer.name);
  return configured;
}

std::optional<policy::Policy> ReadPolicy(const config::Draft& draft, NamedFiles& files,
                                         Findings& findings) {
  const std::string& path = draft.config.policy.file;
  if (path.empty()) return std::nullopt;
  const std::vector<IssuerId> configured = IssuersOf(draft.config);
  // An issuer may be among what could not be read of the configuration.
  auto policy = policy::Policy::Load(path, draft.outcome ? &configured : nullptr);
  if (policy) return *std::move(policy);
  if (policy.error().violations().empty()) {
    files.Refuse("policy.file", policy.error().detail());
  } else {
    findings.Add(policy.error());
  }
  return std::nullopt;
}

}  // namespace

Result<policy::Policy> ReadPolicyAgain(const config::Config& config) {
  const std::vector<IssuerId> configured = IssuersOf(config);
  return policy::Policy::Load(config.policy.file, &configured);
}

Result<StartFiles> ReadStartFiles(const std::string& config_file) {
  config::Draft draft = config::LoadDraft(config_file);
  Findings findings;
  Findings in_policy;
  NamedFiles files(draft);
  auto policy = ReadPolicy(draft, files, in_policy);
  std::optional<pki::TrustAnchors> operators_cas;
  rpc::ListenerOptions listeners = ReadListeners(draft.config, operators_cas, files);
  std::string server_ca = ReadServerCa(draft.config, files);
  SendServerCaAlong(server_ca, listeners);
  std::vector<pki::TrustAnchors> roots = ReadRoots(draft.config.issuers, files);

  findings.Add(draft.outcome);
  findings.Add(files.ToResult());
  findings.Add(in_policy);
  if (!findings.empty()) return findings.ToError();
  return StartFiles{std::move(draft.config), *std::move(policy),       std::move(roots),
                    std::move(listeners),    std::move(operators_cas), std::move(server_ca)};
}

}  // namespace certbroker
