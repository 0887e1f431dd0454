// tests/fakes/scripted_ca/options.h: what kind of CA it is, when nothing is scripted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "tests/fakes/scripted_ca/dns_look.h"
#include "tests/fakes/scripted_ca/retry_after.h"

namespace certbroker::scripted_ca {

enum class Validation {
  kAlwaysValid,  // no look at anything: for load
  kFetch,        // looks at every challenge
  kAlwaysInvalid,
};

struct Profile {
  std::string description = "a profile";
  std::chrono::seconds validity = std::chrono::hours{24 * 90};
  std::chrono::seconds order_lifetime = std::chrono::hours{24 * 7};
  std::chrono::seconds pending_authorization_lifetime = std::chrono::hours{24 * 7};
  std::chrono::seconds authorization_lifetime = std::chrono::hours{24 * 30};  // once valid
  std::size_t max_names = 100;
  bool takes_ip = true;
};

// A replica that is behind: what was created less than this ago is not found.
struct ReplicaLag {
  std::chrono::milliseconds account{0};
  std::chrono::milliseconds order{0};
  std::chrono::milliseconds authorization{0};
  std::chrono::milliseconds certificate{0};
};

// Grouped by what they are about.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): there is one of it
struct Options {
  // Transport.
  std::string listen = "127.0.0.1:0";  // 0: a free port
  std::string host_name = {};  // in URLs and in the server's certificate; empty: the address
  unsigned threads = 1;
  std::string directory_path = "/directory";

  // Directory.
  std::string terms_of_service = {};
  std::string website = {};
  std::vector<std::string> caa_identities = {};
  std::map<std::string, Bytes> eab_keys = {};  // key identifier → MAC key; each binds one account
  bool eab_required = false;
  std::map<std::string, Profile> profiles = {};  // empty: no "profiles" in the directory
  std::string default_profile = {};              // when an order names none; empty: the first
  bool renewal_info = true;
  bool key_change = true;

  // Certificates.
  int intermediates = 1;
  int alternate_roots = 0;
  bool common_name = true;
  std::chrono::milliseconds issuance_time{0};  // orders are "processing" so long
  std::set<int> revocation_reasons = {0, 1, 3, 4, 5, 9};
  std::chrono::seconds renewal_retry_after = std::chrono::hours{6};

  // Proof of control.
  Validation validation = Validation::kAlwaysValid;
  std::uint16_t http_port = 80;
  std::uint16_t tls_port = 443;
  // Where validation goes, whatever the name: an address. Empty: where DNS says.
  std::string validation_address = {};
  // Who is asked for TXT records over UDP: "127.0.0.1:5353". Empty: dns-01 and its like fail, but
  // for `txt_lookup`, which is asked instead where there is one.
  std::string dns_resolver = {};
  TxtLookup txt_lookup = {};
  // "dns-account-01" and "dns-persist-01" are known too.
  std::vector<std::string> challenge_types = {"http-01", "dns-01", "tls-alpn-01"};
  std::vector<std::string> issuer_domain_names = {"scripted-ca.example"};  // of dns-persist-01
  std::chrono::milliseconds validation_time{0};  // challenges are "processing" so long
  double authorization_reuse_percent = 0;        // of names that the account has proven
  bool reuse_pending_orders = false;             // the same for the same account, names, profile
  std::set<std::string> blocked_names = {};      // rejectedIdentifier

  // Answers.
  RetryAfterForm retry_after_form = RetryAfterForm::kNone;  // of polls
  std::chrono::seconds retry_after{1};
  ReplicaLag lag = {};
  std::size_t orders_per_page = 50;
  std::chrono::seconds nonce_lifetime = std::chrono::hours{1};
  std::size_t nonce_limit = 100'000;

  // Let's Encrypt's limits per account, name and set; and those per second and address.
  bool issuance_limits = false;
  bool request_limits = false;

  std::size_t keep_requests = 100'000;  // in the record; counters go on
  std::uint64_t seed = 1;               // of shares: scripted ones and authorization reuse
};

}  // namespace certbroker::scripted_ca
