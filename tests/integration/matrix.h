// tests/integration/matrix.h: one stack with several CAs at once, each of another kind, for
// whatever a CA may do or want. Each test takes the CA that it is about, by the name of its issuer:
//
//   newest    the newest Pebble: remembers no proven name, refuses no nonce; looks up CAA by name
//   old       the Pebble of Debian 12; every fifth nonce refused
//   nonces    four of five nonces refused
//   bound     wants an external account binding, and has it; remembers every proven name; three
//             intermediates; a block list
//   unbound   the same CA without a binding in our configuration
//   leaving   the newest again, with an account of its own to be changed and ended
//   slow      validates after up to six seconds and asks pollers to wait for three
//   scripted  the scripted CA
//
// Started by the first test that asks, ended before main returns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/pebble_process.h"
#include "tests/integration/scripted_ca_process.h"
#include "tests/integration/service_process.h"

namespace certbroker {

inline constexpr const char* kReleasePebble = "/usr/bin/pebble";

class Matrix {
 public:
  Matrix();

  const DevStack& stack() const { return *stack_; }
  const PebbleProcess& pebble(const std::string& issuer) const { return *pebbles_.at(issuer); }
  bool has(const std::string& issuer) const { return pebbles_.contains(issuer); }
  const ScriptedCaProcess& scripted() const { return scripted_; }
  // `certbroker accounts create` as an operator would.
  ProgramResult CreateAccount(const std::string& issuer) const;

 private:
  void StartPebbles();
  std::string Issuer(const std::string& name, const std::string& directory,
                     const std::string& tls_root, const std::string& roots) const;
  std::string ServiceConfiguration(ServiceFile& file) const;

  TempDir dir_;
  std::unique_ptr<DevStack> stack_;
  std::map<std::string, std::unique_ptr<PebbleProcess>> pebbles_;
  ScriptedCaProcess scripted_;
  std::unique_ptr<ServiceFile> file_;
  std::unique_ptr<ServiceProcess> service_;
};

// The program's. Every issuer but `unbound` has its account.
const Matrix& SharedMatrix();

class MatrixTest : public ::testing::Test {
 protected:
  const PebbleProcess& Ca(const std::string& issuer) const { return matrix_.pebble(issuer); }
  const DevStack& stack() const { return matrix_.stack(); }

  // certbroker-agent: `issue` at that issuer, by http-01 of its own; `more` are further options.
  ProgramResult Issue(const std::string& issuer, const std::vector<std::string>& names,
                      const CertificateFolder& folder,
                      const std::vector<std::string>& more = {}) const;
  // The same without a way for the agent to prove anything.
  ProgramResult IssueUnaided(const std::string& issuer, const std::string& name,
                             const CertificateFolder& folder) const;
  ProgramResult Renew(const std::string& issuer, const CertificateFolder& folder) const;

  // What the operator is shown of the last order for these names, sorted.
  nlohmann::json OrderFor(const std::vector<std::string>& names) const;
  nlohmann::json CertificateFor(const std::string& name) const;
  // A record at the DNS server that all of them ask: Record("set-txt", {{"host", …}, …}).
  void Record(const std::string& what, const nlohmann::json& record) const;

  const Matrix& matrix_ = SharedMatrix();
};

// The lines of an order's history, one below the other.
std::string HistoryOf(const nlohmann::json& order);
// Whether the CA's directory offers that: "renewalInfo", "/meta/profiles/default" (RFC 6901).
bool Offers(const PebbleProcess& ca, const std::string& pointer);

}  // namespace certbroker
