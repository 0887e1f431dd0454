// tests/acme/solvers/dns_world.h: a small DNS on a real BIND, for tests of what changes and asks
// it.
//
//   example.test        takes updates from the keys k256, k384 and k512; "narrow" may change the
//   TXT of one name only challenges.test     the same; _acme-challenge.alias.example.test is a
//   CNAME into it two.test, lame.test have a second server at 127.0.0.2, which a test may start
//   caa.test            CAA records in all forms
//   broken.test         SERVFAIL
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "acme/solvers/rfc2136_solver.h"
#include "core/clock.h"
#include "core/random.h"
#include "tests/acme/solvers/bind_server.h"
#include "tests/acme/solvers/stub_server.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::acme {

class DnsWorld : public ::testing::Test {
 protected:
  // Skips the test where there is no BIND.
  void SetUp() override;

  const ServerAddress& primary() const { return primary_->address(); }
  // A second BIND with these zones. It listens on addresses of interfaces only, so 127.0.0.2 is a
  // relay to it.
  struct Second {
    std::unique_ptr<BindServer> bind;
    std::unique_ptr<StubServer> at_its_address;
  };
  Second StartSecond(std::map<std::string, BindZone> zones);

  // The world as its own resolver and authoritative server.
  ResolverOptions LookUp() const;
  PropagationOptions PropagationLookUp() const;
  // With that key: "k256", "k384", "k512", "narrow".
  Rfc2136Options Options(const std::string& key = "k256") const;
  std::unique_ptr<Rfc2136Solver> Solver(Rfc2136Options options);
  std::unique_ptr<Rfc2136Solver> Solver() { return Solver(Options()); }
  // A file with a secret, readable by us alone.
  std::string SecretFile(const std::string& base64) const;

  static DnsChallenge Challenge(const std::string& domain, const std::string& value);
  SteadyTime In(std::chrono::milliseconds time) const { return clock_.Tick() + time; }
  SteadyTime Soon() const { return In(std::chrono::seconds{20}); }

  // What the primary answers, sorted.
  std::vector<std::string> TxtAt(const std::string& name);

  TempDir dir_;
  SystemClock clock_;
  SystemRandom random_;
  DnsExchange exchange_{clock_, random_};
  std::unique_ptr<BindServer> primary_;
};

}  // namespace certbroker::acme
