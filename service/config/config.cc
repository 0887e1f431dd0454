#include "service/config/config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/pin_location.h"
#include "service/config/listen_address.h"
#include "service/config/text_file.h"
#include "service/config/toml_table.h"

namespace certbroker::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxTokenLabel = 32;
constexpr std::size_t kMaxTokenSerial = 16;
constexpr std::size_t kMaxSocketPath = 107;
constexpr std::size_t kMaxId = 40;

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId &&
         std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

// A URI of Postgres, or "key=value …"; libpq itself says more when it connects.
bool LooksLikeDatabaseUrl(std::string_view text) {
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) return true;
  return text.find('=') < text.find("://");
}

// Reads the tables of one file into a Config; problems go to the tables.
class Reader {
 public:
  explicit Reader(const std::string& file_name)
      : folder_(std::filesystem::path(file_name).parent_path()) {}

  Config Read(TomlTable& root) {
    root.Table("database", [&](TomlTable& t) { ReadDatabase(t); });
    root.Table("keystore", [&](TomlTable& t) { ReadKeystore(t); });
    if (root.Has("identity")) {
      root.Table("identity", [&](TomlTable& t) {
        config_.identity =
            ReadIdentity(t, [&](TomlTable& table, std::string_view key, std::string_view expected) {
              return RequiredPath(table, key, expected);
            });
      });
    }
    root.Table("agents", [&](TomlTable& t) { ReadAgents(t); });
    root.Table("operators", [&](TomlTable& t) { ReadOperators(t); });
    root.Table("policy", [&](TomlTable& t) {
      config_.policy.file = RequiredPath(t, "file", "the path of the policy file");
    });
    root.Table("engine", [&](TomlTable& t) { ReadEngine(t); });
    root.Table("audit", [&](TomlTable& t) { ReadAudit(t); });
    root.Table("log", [&](TomlTable& t) { ReadLog(t); });
    root.Table("challenges", [&](TomlTable& t) { config_.challenges = ReadChallenges(t); });
    root.Table("responder", [&](TomlTable& t) {
      config_.responder = ReadResponder(t);
      if (t.Has("listen")) CheckListen(t, t.TextOr("listen", "\"host:port\"", ""));
    });
    root.Tables("solvers", [&](TomlTable& t) { config_.solvers.push_back(ReadOneSolver(t)); });
    root.RequiredTables("issuers", [&](TomlTable& t) { config_.issuers.push_back(ReadIssuer(t)); });
    return std::move(config_);
  }

 private:
  std::string Resolved(const std::string& path) const {
    if (path.empty()) return path;
    return (folder_ / path).lexically_normal().string();
  }

  std::string RequiredPath(TomlTable& table, std::string_view key, std::string_view expected) {
    const TomlText text = table.RequiredText(key, expected);
    if (text.line > 0) config_.lines.emplace(text.key, text.line);
    return Resolved(text.value);
  }

  void ReadDatabase(TomlTable& table) {
    const TomlText url = table.RequiredText("url", "a libpq connection string");
    if (!url.value.empty() && !LooksLikeDatabaseUrl(url.value)) {
      // Without the text: it may be nothing but a password.
      table.Refuse(url, "expected \"postgresql://…\" or \"host=… dbname=…\", got something else");
    }
    config_.database.url = url.value;
    config_.database.connections = Count(table, "connections", 200, config_.database.connections);
  }

  // A path is resolved like every other; the two other forms are none.
  std::string PinFile(TomlTable& table) {
    const TomlText text = table.RequiredText("pin_file", "the path of the file with the user PIN");
    if (text.value.empty()) return {};
    const auto location = PinLocation::Parse(text.value);
    if (!location) {
      table.Refuse(text, location.error().detail());
      return {};
    }
    if (location->form != PinLocation::Form::kFile) return text.value;
    if (text.line > 0) config_.lines.emplace(text.key, text.line);
    return Resolved(text.value);
  }

  // One token in the table itself, or several in an array of it.
  void ReadKeystore(TomlTable& table) {
    if (!table.Has("tokens")) {
      config_.tokens.push_back(ReadToken(table));
      return;
    }
    table.RequiredTables("tokens", [&](TomlTable& t) {
      const TomlText name = t.RequiredText("name", "the token's name, [a-z0-9-]{1,40}");
      KeystoreConfig token = ReadToken(t);
      CheckId(t, name);
      if (!name.value.empty() && std::ranges::find(config_.tokens, name.value,
                                                   &KeystoreConfig::name) != config_.tokens.end()) {
        t.Refuse(name, fmt::format("\"{}\" is the name of two tokens", name.value));
      }
      token.name = name.value;
      RefuseSharedDescriptor(t, name, token.pin_file);
      config_.tokens.push_back(std::move(token));
    });
  }

  // A descriptor can be read once; a second reader would get whatever has its number by then.
  void RefuseSharedDescriptor(TomlTable& table, const TomlText& token, const std::string& pin) {
    if (!pin.starts_with("fd:")) return;
    if (std::ranges::find(config_.tokens, pin, &KeystoreConfig::pin_file) != config_.tokens.end())
      table.Refuse(token, fmt::format("the PIN of two tokens cannot come from {}", pin));
  }

  KeystoreConfig ReadToken(TomlTable& table) {
    KeystoreConfig keystore;
    keystore.module = RequiredPath(table, "module", "the path of the PKCS#11 module");
    const TomlText token = table.RequiredText("token", "the token's label");
    if (token.value.size() > kMaxTokenLabel) {
      table.Refuse(token, fmt::format("expected a label of at most {} octets, got {}",
                                      kMaxTokenLabel, token.value.size()));
    }
    keystore.token = token.value;
    const TomlText serial = table.TextOr("serial", "the token's serial number", "");
    if (serial.value.size() > kMaxTokenSerial) {
      table.Refuse(serial, fmt::format("expected at most {} octets, got {}", kMaxTokenSerial,
                                       serial.value.size()));
    }
    keystore.serial = serial.value;
    keystore.pin_file = PinFile(table);
    keystore.sessions = Count(table, "sessions", 1024, keystore.sessions);
    keystore.init_args =
        table.TextOr("init_args", "the module's initialisation arguments", keystore.init_args)
            .value;
    return keystore;
  }

  void ReadAudit(TomlTable& table) {
    AuditConfig& audit = config_.audit;
    audit.checkpoint_key =
        table.TextOr("checkpoint_key", "a PKCS#11 URI", audit.checkpoint_key).value;
    audit.checkpoint_interval =
        table.DurationOr("checkpoint_interval", {seconds{1}, std::chrono::hours{24 * 30}},
                         audit.checkpoint_interval);
  }

  static void CheckListen(TomlTable& table, const TomlText& listen) {
    if (const std::string problem = HostPortProblem(listen.value);
        !listen.value.empty() && !problem.empty()) {
      table.Refuse(listen,
                   fmt::format("expected \"host:port\", got \"{}\": {}", listen.value, problem));
    }
  }

  SolverConfig ReadOneSolver(TomlTable& table) {
    SolverConfig solver =
        ReadSolver(table, [this](const std::string& path) { return Resolved(path); });
    const TomlText name = table.TextOr("name", "", "");
    CheckId(table, name);
    if (std::ranges::find(config_.solvers, solver.name, &SolverConfig::name) !=
        config_.solvers.end()) {
      table.Refuse(name, fmt::format("\"{}\" is the name of two solvers", solver.name));
    }
    return solver;
  }

  void ReadAgents(TomlTable& table) {
    const TomlText listen = table.RequiredText("listen", "\"host:port\"");
    CheckListen(table, listen);
    config_.agents.listen = listen.value;
    config_.agents.certificate =
        RequiredPath(table, "certificate", "the path of the service's certificate chain");
    config_.agents.key = RequiredPath(table, "key", "the path of the service's private key");
    // With an agent CA of the service's own no other is needed.
    if (config_.identity && !table.Has("client_ca")) return;
    config_.agents.client_ca =
        RequiredPath(table, "client_ca", "the path of the CA bundle for agents' certificates");
  }

  void ReadOperators(TomlTable& table) {
    TomlText socket = table.RequiredText("socket", "the path of the operators' Unix socket");
    socket.value = Resolved(socket.value);
    if (socket.value.size() > kMaxSocketPath) {
      table.Refuse(socket, fmt::format("expected a path of at most {} octets, got {} (\"{}\")",
                                       kMaxSocketPath, socket.value.size(), socket.value));
    }
    config_.operators.socket = socket.value;
  }

  void ReadEngine(TomlTable& table) {
    EngineConfig& engine = config_.engine;
    engine.workers = Count(table, "workers", 256, engine.workers);
    engine.lease = table.DurationOr("lease", {seconds{5}, minutes{10}}, engine.lease);
    engine.ca_timeout = table.DurationOr("ca_timeout", {seconds{1}, minutes{5}}, engine.ca_timeout);
    if (engine.lease < 2 * engine.ca_timeout) {
      table.Refuse(table.Has("lease") ? "lease" : "ca_timeout",
                   fmt::format("expected lease ({} ms) to be at least twice ca_timeout ({} ms)",
                               engine.lease.count(), engine.ca_timeout.count()));
    }
  }

  void ReadLog(TomlTable& table) {
    struct Named {
      std::string_view name;
      LogLevel level;
    };
    constexpr Named kLevels[] = {{"debug", LogLevel::kDebug},
                                 {"info", LogLevel::kInfo},
                                 {"warning", LogLevel::kWarning},
                                 {"error", LogLevel::kError}};
    constexpr std::string_view kExpected = "one of debug, info, warning, error";
    const TomlText text = table.TextOr("level", kExpected, "info");
    const auto* found = std::ranges::find(kLevels, text.value, &Named::name);
    if (found == std::end(kLevels)) {
      table.Refuse(text, fmt::format("expected {}, got \"{}\"", kExpected, text.value));
    } else {
      config_.log.level = found->level;
    }
  }

  IssuerConfig ReadIssuer(TomlTable& table) {
    IssuerConfig issuer;
    const TomlText name = table.RequiredText("name", "the issuer's name, [a-z0-9-]{1,40}");
    issuer.name = IssuerId(name.value);
    CheckId(table, name);
    if (!name.value.empty() && std::ranges::find(config_.issuers, issuer.name,
                                                 &IssuerConfig::name) != config_.issuers.end()) {
      table.Refuse(name, fmt::format("\"{}\" is the name of two issuers", name.value));
    }
    const TomlText directory =
        table.RequiredText("directory", "the https URL of the CA's ACME directory");
    if (const auto url = Url(table, directory)) issuer.directory = *url;
    if (table.Has("tls_roots")) {
      issuer.tls_roots = RequiredPath(table, "tls_roots", "the path of a CA bundle");
    }
    issuer.roots = RequiredPath(table, "roots", "the path of the roots that chains must end in");
    const TomlText account =
        table.TextOr("account", "the account's name, [a-z0-9-]{1,40}", issuer.account);
    CheckId(table, account);
    issuer.account = account.value;
    issuer.extra_origins = ReadOrigins(table);
    ReadExternalAccount(table, issuer);
    ReadChain(table, issuer);
    ReadKeyAges(table, issuer);
    return issuer;
  }

  static void ReadKeyAges(TomlTable& table, IssuerConfig& issuer) {
    constexpr hours kLongest{24 * 3650};
    if (table.Has("key_lifetime"))
      issuer.key_lifetime = table.DurationOr("key_lifetime", {hours{1}, kLongest}, kLongest);
    issuer.keep_retired_keys =
        table.DurationOr("keep_retired_keys", {hours{0}, kLongest}, issuer.keep_retired_keys);
  }

  void ReadExternalAccount(TomlTable& table, IssuerConfig& issuer) {
    issuer.eab_key_id = table.TextOr("eab_key_id", "the key id that the CA gave out", "").value;
    if (table.Has("eab_mac_key_file")) {
      issuer.eab_mac_key_file =
          RequiredPath(table, "eab_mac_key_file", "the path of the MAC key that the CA gave out");
    }
    if (issuer.eab_key_id.empty() != issuer.eab_mac_key_file.empty()) {
      table.Refuse(issuer.eab_key_id.empty() ? "eab_mac_key_file" : "eab_key_id",
                   "eab_key_id and eab_mac_key_file go together; give both, or none");
    }
    constexpr std::string_view kExpected = "one of HS256, HS384, HS512";
    const TomlText algorithm = table.TextOr("eab_algorithm", kExpected, issuer.eab_algorithm);
    if (algorithm.value != "HS256" && algorithm.value != "HS384" && algorithm.value != "HS512")
      table.Refuse(algorithm, fmt::format("expected {}, got \"{}\"", kExpected, algorithm.value));
    issuer.eab_algorithm = algorithm.value;
  }

  static void ReadChain(TomlTable& table, IssuerConfig& issuer) {
    issuer.preferred_root =
        table.TextOr("preferred_root", "the common name of a root certificate", "").value;
    const TomlText spki = table.TextOr("preferred_root_spki", "the SHA-256 of a key in hex", "");
    constexpr std::size_t kSha256 = 32;
    const auto octets = FromHex(spki.value);
    if (!spki.value.empty() && (!octets || octets->size() != kSha256)) {
      table.Refuse(spki, fmt::format("expected 64 hexadecimal digits, got \"{}\"", spki.value));
    }
    issuer.preferred_root_spki = spki.value;
    issuer.shortest_chain = table.BooleanOr("shortest_chain", false);
  }

  static std::vector<std::string> ReadOrigins(TomlTable& table) {
    std::vector<std::string> origins;
    for (const TomlText& text : table.Texts("extra_origins", "https origins")) {
      const auto url = Url(table, text);
      if (!url) continue;
      const std::string_view rest =
          std::string_view(url->ToString()).substr(sizeof("https://") - 1);
      if (rest.find_first_of("/?") != std::string_view::npos) {
        table.Refuse(text, fmt::format("expected an origin such as \"{}\", got \"{}\"",
                                       url->origin(), text.value));
      }
      origins.push_back(url->origin());
    }
    return origins;
  }

  static std::optional<HttpsUrl> Url(TomlTable& table, const TomlText& text) {
    if (text.value.empty()) return std::nullopt;  // refused already
    auto url = HttpsUrl::Parse(text.value);
    if (url) return *std::move(url);
    table.Refuse(text, url.error().detail());
    return std::nullopt;
  }

  static void CheckId(TomlTable& table, const TomlText& text) {
    if (text.value.empty() && text.line == 0) return;  // refused already
    if (IsId(text.value)) return;
    table.Refuse(text, fmt::format("expected 1 to 40 characters of a-z, 0-9 and '-', got \"{}\"",
                                   text.value));
  }

  static int Count(TomlTable& table, std::string_view key, std::int64_t max, int fallback) {
    return static_cast<int>(table.IntegerOr(key, {1, max}, fallback));
  }

  std::filesystem::path folder_;
  Config config_;
};

}  // namespace

Result<Config> Parse(std::string_view text, const std::string& file_name) {
  Config config;
  RETURN_IF_ERROR(
      ReadToml(text, file_name, [&](TomlTable& root) { config = Reader(file_name).Read(root); }));
  return config;
}

Result<Config> Load(const std::string& path) {
  Draft draft = LoadDraft(path);
  if (!draft.outcome) return std::move(draft.outcome).error();
  return std::move(draft.config);
}

Draft LoadDraft(const std::string& path) {
  // Absolute, so that a later change of the working directory changes nothing.
  std::error_code code;
  const std::filesystem::path absolute = std::filesystem::absolute(path, code);
  Draft draft{code ? path : absolute.string(), {}, {}};
  const auto text = ReadTextFile(path);
  if (!text) {
    draft.outcome = text.error();
    return draft;
  }
  draft.outcome = ReadToml(*text, draft.file_name, [&](TomlTable& root) {
    draft.config = Reader(draft.file_name).Read(root);
  });
  return draft;
}

}  // namespace certbroker::config
