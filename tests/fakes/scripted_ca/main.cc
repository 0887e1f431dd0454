// scripted-ca: the CA of scripted_ca.h as a program, for tests that want it in another process, for
// load measurement and for trying a client by hand.
#include <signal.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "tests/fakes/scripted_ca/management_server.h"
#include "tests/fakes/scripted_ca/script_file.h"
#include "tests/fakes/scripted_ca/scripted_ca.h"

namespace certbroker::scripted_ca {
namespace {

struct Arguments {
  std::string listen = "127.0.0.1:14000";
  std::string script;
  std::string directory_out;
  std::string tls_root_out;
  std::string roots_out;
  std::string report_out;
  std::string management;
  std::string management_out;
};

int Fail(const std::string& text) {
  std::cerr << "scripted-ca: " << text << "\n";
  return 1;
}

bool Write(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::trunc);
  file << text << std::flush;
  return file.good();
}

Result<ScriptFile> ReadScript(const Arguments& arguments) {
  ScriptFile file;
  file.options.listen = arguments.listen;
  if (arguments.script.empty()) return file;
  std::ifstream in(arguments.script);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error(Reason::kFileUnusable, "cannot read " + arguments.script);
  return ParseScriptFile(text, file.options);
}

bool Announce(const Arguments& arguments, const ScriptedCa& ca, const std::string& management) {
  std::string roots;
  for (const std::string& root : ca.roots()) roots += root;
  if (!Write(arguments.tls_root_out, ca.tls_root_pem()) || !Write(arguments.roots_out, roots) ||
      !Write(arguments.directory_out, ca.directory_url() + "\n") ||
      !Write(arguments.management_out, management + "\n")) {
    return false;
  }
  // Last: whoever waits for it finds the files.
  std::cout << ca.directory_url() << std::endl;
  return true;
}

// nullptr: nobody wants it.
Result<std::unique_ptr<ManagementServer>> StartManagement(const Arguments& arguments,
                                                          Management& management) {
  if (arguments.management.empty()) return std::unique_ptr<ManagementServer>();
  return ManagementServer::Start(arguments.management, management);
}

int Run(const Arguments& arguments) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // Before there are threads, which inherit it.
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  auto script = ReadScript(arguments);
  if (!script) return Fail(script.error().detail());
  VirtualClock clock;
  SystemRandom random;
  const auto ca = ScriptedCa::Start(std::move(script->options), clock, random);
  if (!ca) return Fail(ca.error().detail());
  for (Rule& rule : script->rules) (*ca)->script().Add(std::move(rule));
  for (auto& [id, answer] : script->renewal_info) (*ca)->SetRenewalInfo(id, std::move(answer));
  Management management(**ca, clock);
  auto server = StartManagement(arguments, management);
  if (!server) return Fail(server.error().detail());
  if (!Announce(arguments, **ca, *server ? (*server)->url() : "")) {
    return Fail("cannot write the files that were asked for");
  }
  int signal = 0;
  sigwait(&ends, &signal);
  const std::string report = Report(**ca).dump(2) + "\n";
  std::cout << report;
  return Write(arguments.report_out, report) ? 0 : Fail("cannot write " + arguments.report_out);
}

}  // namespace
}  // namespace certbroker::scripted_ca

int main(int argc, char** argv) {
  certbroker::scripted_ca::Arguments arguments;
  CLI::App app{
      "An ACME server for tests: correct until a script says otherwise. Runs until Ctrl-C."};
  app.add_option("--listen", arguments.listen, "ADDRESS:PORT; port 0 is a free one")
      ->capture_default_str();
  app.add_option("--script", arguments.script, "JSON file of options and rules");
  app.add_option("--directory-out", arguments.directory_out, "file for the directory's URL");
  app.add_option("--tls-root-out", arguments.tls_root_out,
                 "PEM file: what to trust as HTTPS client");
  app.add_option("--roots-out", arguments.roots_out, "PEM file: the roots of issued certificates");
  app.add_option("--report-out", arguments.report_out, "JSON file: counters, written at the end");
  app.add_option("--management", arguments.management,
                 "ADDRESS:PORT for clock, report and rules (docs/scripted-ca.md); loopback only");
  app.add_option("--management-out", arguments.management_out, "file for its URL");
  CLI11_PARSE(app, argc, argv);
  return certbroker::scripted_ca::Run(arguments);
}
