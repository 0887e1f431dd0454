// tests/integration/scenario.h: what scenarios share: where a certificate goes, and how others than
// ourselves read it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/dev_stack.h"
#include "tests/support/temp_dir.h"

namespace certbroker {

// A folder that `certbroker-agent --out` fills.
class CertificateFolder {
 public:
  std::string path() const { return dir_.path() + "/out"; }
  std::string file(const std::string& name) const { return path() + "/" + name; }
  // What openssl says of cert.pem: OpensslSays({"-serial"}).
  std::string OpensslSays(const std::vector<std::string>& options) const;
  std::string serial() const;  // lower-case hex, without "serial="

 private:
  TempDir dir_;
};

// Arguments of `issue`: names, the CA's http-01 port as listener, the folder, and more.
std::vector<std::string> IssueArguments(const DevStack& stack, std::vector<std::string> names,
                                        const CertificateFolder& folder,
                                        const std::vector<std::string>& more = {});
std::vector<std::string> RenewArguments(const DevStack& stack, const CertificateFolder& folder);

// The JSON document that a program wrote on standard output; fails the test when it is none.
nlohmann::json JsonOf(const ProgramResult& result);

// What Pebble says of the certificate with that serial: "Valid", "Revoked".
nlohmann::json CaStatus(const DevStack& stack, const std::string& serial);

// A web server on the port where the CA looks, for the files below `directory`: another program
// than ours, as on a real host.
class WebServer {
 public:
  WebServer(const DevStack& stack, const std::string& directory);

 private:
  RunningProgram program_;
};

}  // namespace certbroker
