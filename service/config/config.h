// service/config/config.h: the configuration of certbrokerd, as values.
//
// Written as TOML (deploy/config/certbrokerd.toml is the documented example; every key is there).
// Everything that can be checked without looking at the machine is checked here; whether files
// exist, keys fit and servers answer is found out by whoever uses them. Plain values; copied once
// into each part at start-up.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/https_url.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/result.h"
#include "service/config/identity_config.h"
#include "service/config/solver_config.h"

namespace certbroker::config {

struct DatabaseConfig {
  // Required. libpq connection string, URI or "key=value …". May hold a password (a passfile is
  // better): show it with PrintableDatabaseUrl only, and never put it on a command line.
  std::string url;
  int connections = 16;  // 1 to 200; one thread each. Postgres allows 100 in all by default.
};

// One token: [keystore], or one [[keystore.tokens]] of several.
struct KeystoreConfig {
  // [a-z0-9-]{1,40}, unique; health checks know the token by it. Required of several tokens; of one
  // alone: "default".
  std::string name = "default";
  std::string module;  // Required. The PKCS#11 module, a shared object
  std::string token;   // Required. Token label, 1 to 32 octets (PKCS#11 CK_TOKEN_INFO)
  std::string serial;  // Of the token; for those that share a label
  // Required. Holds the user PIN; mode 0400. Or "credential:NAME", "fd:N" (core/pin_location.h)
  std::string pin_file;
  int sessions = 8;       // 1 to 1024: signatures at once; a network HSM's licence may allow fewer
  std::string init_args;  // For C_Initialize; modules that need it document it. Mostly empty.
};

// Where agents connect: gRPC with mutual TLS 1.3.
struct AgentsConfig {
  std::string listen;       // Required. "host:port", "[v6]:port"; port 0: any free one
  std::string certificate;  // Required. The service's own chain, PEM, leaf first
  std::string key;          // Required. Its private key, PEM
  // CA bundle of the operator's that agents' certificates may end in; required without [identity].
  std::string client_ca;
};

// Where operators connect: a Unix socket, guarded by its directory and the peer's uid.
struct OperatorsConfig {
  std::string socket;  // Required. At most 107 octets (sun_path)
};

struct PolicyConfig {
  std::string file;  // Required. See service/policy/policy.h
};

struct EngineConfig {
  int workers = 8;  // 1 to 256: steps of orders under way at once in this process
  // 5 s to 10 min: an order of a dead replica is taken over after this long. At least twice
  // ca_timeout: a step outliving its lease is thrown away (its result is fenced out) and done
  // again.
  std::chrono::milliseconds lease = std::chrono::seconds{30};
  std::chrono::milliseconds ca_timeout =
      std::chrono::seconds{15};  // 1 s to 5 min, per step at a CA
};

struct AuditConfig {
  // PKCS#11 URI of the key that signs checkpoints of the ledger of key uses; empty: nobody does.
  std::string checkpoint_key;
  std::chrono::milliseconds checkpoint_interval = std::chrono::hours{1};  // 1 s to 30 days
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;  // "debug", "info", "warning", "error"
};

// A CA with an ACME directory and the account that our orders use there.
struct IssuerConfig {
  IssuerId name;       // Required. [a-z0-9-]{1,40}; policy, orders and accounts refer to it
  HttpsUrl directory;  // Required. RFC 8555 §7.1.1
  // CA bundle for the TLS connection to the directory; nothing: the system's.
  std::optional<std::string> tls_roots;
  std::string roots;             // Required. PEM: what issued chains must end in
  std::string account = "main";  // [a-z0-9-]{1,40}
  // RFC 8555 §7.3.4, for CAs that want it; both or neither. The file holds the MAC key in base64url
  // or base64, mode 0600.
  std::string eab_key_id;
  std::string eab_mac_key_file;
  std::string eab_algorithm = "HS256";  // or HS384, HS512
  // Which of the CA's chains is delivered; none set: its default.
  std::string preferred_root;       // common name: "ISRG Root X1"
  std::string preferred_root_spki;  // SHA-256 of its SubjectPublicKeyInfo, hex
  bool shortest_chain = false;
  // RFC 8555 §7.3.5. 1 h to 10 years: an older account key is rolled over to the next spare one;
  // nothing: only when an operator asks for it.
  std::optional<std::chrono::milliseconds> key_lifetime;
  // 0 to 10 years: how long a key that was rolled over is kept in the token.
  std::chrono::milliseconds keep_retired_keys = std::chrono::hours{24 * 30};
  // Origins ("https://host:port") beside the directory's whose URLs the CA may hand out; calls to
  // any other are refused.
  std::vector<std::string> extra_origins;
};

struct Config {
  DatabaseConfig database;
  ChallengesConfig challenges;
  ResponderConfig responder;
  std::vector<SolverConfig> solvers;   // names unique
  std::vector<KeystoreConfig> tokens;  // at least one, names unique
  AgentsConfig agents;
  std::optional<IdentityConfig> identity;  // nothing: the service makes no identities
  OperatorsConfig operators;
  PolicyConfig policy;
  EngineConfig engine;
  AuditConfig audit;
  LogConfig log;
  std::vector<IssuerConfig> issuers;  // at least one, names unique
  // Where the path of each file stands: "issuers[0].roots" → its line. For whoever finds something
  // wrong with the file.
  std::map<std::string, int, std::less<>> lines;
};

// Relative paths are taken from the folder of `file_name`, not from the working directory, so that
// a configuration can be moved with what it names. Errors: kConfigInvalid with one violation per
// problem, all problems of the file at once (see ReadToml); the file's text is never echoed where a
// password could be.
Result<Config> Parse(std::string_view text, const std::string& file_name);

// Reads and parses. kConfigInvalid also when the file cannot be read.
Result<Config> Load(const std::string& path);

// What could be read of a file, right or wrong: for finding all that is wrong with it and with what
// it names in one go. Texts that were refused are empty or defaults.
struct Draft {
  std::string file_name;  // absolute; problems are named with it
  Config config;
  Result<void> outcome;  // as Load
};
Draft LoadDraft(const std::string& path);

}  // namespace certbroker::config
