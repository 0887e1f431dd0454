// scripted-ca-load: how many requests a second a scripted CA answers.
//
//   scripted-ca --listen 127.0.0.1:14000 --tls-root-out root.pem &
//   scripted-ca-load --directory https://127.0.0.1:14000/directory --tls-root root.pem --server-pid
//   $!
//
// The client costs more than the server, so the honest figure is requests per second of the
// server's CPU time: what one core gives when the clients run elsewhere.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>

#include "tests/fakes/scripted_ca/raw_client.h"

namespace certbroker::scripted_ca {
namespace {

struct Arguments {
  std::string directory;
  std::string tls_root;
  int server_pid = 0;
  int clients = 4;
  int orders = 500;  // per client
};

struct Totals {
  std::atomic<int> requests{0};
  std::atomic<int> certificates{0};
};

// User and system time of a process so far, of /proc/PID/stat.
double CpuSeconds(int pid) {
  if (pid == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // Fields 14 and 15; the name, field 2, may hold spaces.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void IssueMany(const Arguments& arguments, const std::string& root, int client, Totals& totals) {
  RawClient acme(arguments.directory, root, ClientKey::P256());
  acme.Register();
  const ClientKey key = ClientKey::P256();
  for (int i = 0; i < arguments.orders; ++i) {
    const std::string name =
        "host-" + std::to_string(client) + "-" + std::to_string(i) + ".load.example";
    const Json order = acme.NewOrder({name}).json();
    acme.Prove(order);
    const Reply finalized = acme.Finalize(order, MakeCsr(key, {name}));
    const Reply chain = acme.Post(finalized.json().value("certificate", ""), "");
    // newOrder, authorization, challenge, finalize, certificate.
    totals.requests += 5;
    if (chain.status == 200) ++totals.certificates;
  }
}

int Run(const Arguments& arguments) {
  std::ifstream file(arguments.tls_root);
  const std::string root{std::istreambuf_iterator<char>(file), {}};
  Totals totals;
  const double cpu_before = CpuSeconds(arguments.server_pid);
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < arguments.clients; ++i) {
    threads.emplace_back([&, i] { IssueMany(arguments, root, i, totals); });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  const double cpu = CpuSeconds(arguments.server_pid) - cpu_before;
  std::printf("%d requests, %d certificates, %.2f s: %.0f requests/s\n", totals.requests.load(),
              totals.certificates.load(), wall.count(), totals.requests / wall.count());
  if (cpu > 0) {
    std::printf("server: %.2f s of CPU: %.0f requests per CPU second\n", cpu,
                totals.requests / cpu);
  }
  return totals.certificates == arguments.clients * arguments.orders ? 0 : 1;
}

}  // namespace
}  // namespace certbroker::scripted_ca

int main(int argc, char** argv) {
  certbroker::scripted_ca::Arguments arguments;
  CLI::App app{"Measures a scripted CA: orders of one name, from newOrder to the certificate."};
  app.add_option("--directory", arguments.directory, "URL")->required();
  app.add_option("--tls-root", arguments.tls_root, "PEM file, as of --tls-root-out")->required();
  app.add_option("--server-pid", arguments.server_pid, "process whose CPU time is counted");
  app.add_option("--clients", arguments.clients, "threads, one account each")
      ->capture_default_str();
  app.add_option("--orders", arguments.orders, "per client")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return certbroker::scripted_ca::Run(arguments);
}
