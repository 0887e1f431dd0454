// tests/fakes/scripted_ca/scripted_ca.h: an ACME server (RFC 8555, RFC 8738, RFC 9773) that is
// correct until a script says otherwise, and that remembers all it has seen.
//
//   auto ca = ScriptedCa::Start({}, clock, random);
//   (*ca)->script().Add({.endpoint = Endpoint::kFinalize, .action = DropAfter()});
//   … a client of (*ca)->directory_url(), which trusts (*ca)->tls_root_pem() …
//   EXPECT_EQ((*ca)->record().Of(Endpoint::kFinalize).requests, 2);
//
// It shares no parsing and no signing code with acme/, keystore/ and pki/, so that a mistake there
// cannot hide itself. Not offered: newAuthz (as at Let's Encrypt), notBefore and notAfter.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "tests/fakes/scripted_ca/model.h"
#include "tests/fakes/scripted_ca/options.h"
#include "tests/fakes/scripted_ca/record.h"
#include "tests/fakes/scripted_ca/script.h"

namespace certbroker::scripted_ca {

struct Ca;
class WebServer;

// Thread-safe.
class ScriptedCa {
 public:
  // Clock (validity, lifetimes, limits, lag) and randomness outlive the CA. Delays are real time.
  // kConfigInvalid: the address to listen on; kInternal: it is in use.
  static Result<std::unique_ptr<ScriptedCa>> Start(Options options, Clock& clock, Random& random);
  ~ScriptedCa();
  ScriptedCa(const ScriptedCa&) = delete;
  ScriptedCa& operator=(const ScriptedCa&) = delete;

  std::string directory_url() const;
  const std::string& tls_root_pem() const { return tls_root_pem_; }  // of the server itself
  const std::vector<std::string>& roots() const;  // PEM; [0] ends the default chain

  Script& script();
  const Record& record() const;
  // As of now; nothing moves them but requests (BringUpToDate).
  std::vector<Account> accounts() const;
  std::vector<Authorization> authorizations() const;
  std::vector<Order> orders() const;
  std::vector<Certificate> certificates() const;

  // What renewalInfo answers for a certificate, or, for an empty identifier, for all others.
  void SetRenewalInfo(const std::string& renewal_id, Response answer);
  // The CA revokes it itself, as in an incident. False: there is no such serial.
  bool Revoke(const std::string& serial, int reason);
  // 429 without Retry-After for this name, until Unpause.
  void Pause(Id account, const std::string& name);
  void Unpause(Id account);
  // Accounts have to agree before their next order.
  void ChangeTerms(std::string url);
  // All nonces handed out are bad, as after a restart.
  void ForgetNonces();

 private:
  ScriptedCa(std::unique_ptr<Ca> ca, std::string tls_root_pem);

  std::string tls_root_pem_;
  std::unique_ptr<Ca> ca_;
  std::unique_ptr<WebServer> server_;  // last: it ends before the CA does
};

}  // namespace certbroker::scripted_ca
