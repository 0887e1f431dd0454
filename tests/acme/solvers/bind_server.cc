#include "tests/acme/solvers/bind_server.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/random.h"
#include "service/dev/loopback_port.h"
#include "service/dev/text_file.h"

namespace certbroker::acme {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uid_t kNobody = 65534;

const BindPrograms* programs = nullptr;

void GiveAway(const fs::path& path) {
  if (::geteuid() != 0) return;
  CERTBROKER_CHECK(::lchown(path.c_str(), kNobody, kNobody) == 0);
  if (!fs::is_directory(path)) return;
  for (const auto& entry : fs::directory_iterator(path)) GiveAway(entry.path());
}

std::string Configuration(const BindOptions& options, const ServerAddress& listen,
                          const std::string& directory) {
  std::string text = fmt::format(
      "options {{ directory \"{}\"; listen-on port {} {{ {}; }}; listen-on-v6 {{ none; }};\n"
      "  pid-file none; session-keyfile none; lock-file none; recursion no; notify no;\n"
      "  dnssec-validation no; empty-zones-enable no; allow-query {{ any; }}; }};\n"
      "controls {{ }};\n{}\n",
      directory, listen.port, listen.ip, options.statements);
  for (const auto& [name, zone] : options.zones) {
    text += fmt::format("zone \"{}\" {{ type primary; file \"{}.zone\"; {} }};\n", name, name,
                        zone.policy);
  }
  return text;
}

}  // namespace

BindPrograms::BindPrograms() {
  programs = this;
  const fs::path fetched(FETCHED_BIND);
  std::error_code failed;
  if (!fs::exists(fetched / "version", failed)) return;
  fs::copy(fetched / "root/usr/sbin/named", named(), failed);
  if (!failed)
    fs::copy(fs::canonical(fetched / "lib"), libraries(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed);
  available_ = !failed;
  GiveAway(dir_.path());
}

const BindPrograms& BindPrograms::Get() {
  CERTBROKER_CHECK(programs != nullptr);
  return *programs;
}

Result<std::unique_ptr<BindServer>> BindServer::Start(const BindOptions& options) {
  std::unique_ptr<BindServer> server(new BindServer());
  RETURN_IF_ERROR(server->Run(options));
  return server;
}

Result<void> BindServer::Run(const BindOptions& options) {
  SystemRandom random;
  ASSIGN_OR_RETURN(const dev::LoopbackPort port, dev::LoopbackPort::Reserve(random));
  address_ = {.ip = "127.0.0.1", .port = port.number()};
  const std::string conf = dir_.path() + "/named.conf";
  std::ofstream(conf) << Configuration(options, address_, dir_.path());
  for (const auto& [name, zone] : options.zones) {
    std::ofstream(dir_.path() + "/" + name + ".zone")
        << "$TTL 60\n@ SOA ns1." << name << ". hostmaster." << name << ". 1 600 600 600 1\n"
        << zone.text << "\n";
  }
  ASSIGN_OR_RETURN(const auto program, dev::ProgramFile::Open(BindPrograms::Get().named()));
  ASSIGN_OR_RETURN(child_,
                   dev::ChildProcess::Start(
                       {.name = "named",
                        .program = &program,
                        .arguments = {"-g", "-n", "1", "-c", conf},
                        .environment = {{"LD_LIBRARY_PATH", BindPrograms::Get().libraries()}},
                        .directory = dir_.path(),
                        .log = dir_.path() + "/log"}));
  const SystemClock clock;
  for (const auto end = clock.Tick() + seconds{20}; clock.Tick() < end;) {
    if (log().find(" running\n") != std::string::npos) return {};
    if (child_->WaitFor(milliseconds{10})) break;
  }
  return Error(Reason::kInternal, "named did not start: " + dev::TailOf(dir_.path() + "/log", 20));
}

std::string BindServer::log() const {
  const auto text = dev::ReadFile(dir_.path() + "/log");
  return text ? *text : std::string();
}

}  // namespace certbroker::acme
