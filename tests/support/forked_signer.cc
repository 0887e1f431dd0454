#include "tests/support/forked_signer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include "core/check.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/support/jws_verifier.h"
#include "tests/support/signing_input.h"

namespace certbroker {
namespace {

// What the threads of one child share.
struct Shared {
  Signer& signer;
  Clock& clock;
  const int limit;
  std::atomic<bool> stop = false;
  std::atomic<int> made = 0;
  std::atomic<int> wrong = 0;
};

void SignUntilStopped(Shared& shared, int ready) {
  while (!shared.stop) {
    const auto body =
        shared.signer.Sign(AnyRequest(), shared.clock.Tick() + std::chrono::seconds(5));
    if (!body) continue;
    if (!VerifiesUnder(ReceiveJws(*body), shared.signer.public_key())) ++shared.wrong;
    const int made = ++shared.made;
    if (made == 1) CERTBROKER_CHECK(::write(ready, "1", 1) == 1);
    if (shared.limit > 0 && made >= shared.limit) {
      shared.stop = true;
      ::kill(::getpid(), SIGTERM);
    }
  }
}

// The life of the service, without everything else: signals are blocked, threads sign, a signal
// comes, the keystore stops while they still sign.
int Live(const ForkedSigner::Options& options, int ready) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  SystemClock clock;
  CaptureLog log;
  FakeKeyUseLedger ledger;
  auto keystore = keystore::Keystore::Open(options.keystore, ledger, clock, log);
  if (!keystore) return 11;
  auto signer = (*keystore)->SignerFor(
      *keystore::KeyUri::Parse(options.key_uri),
      {.allowed_origins = {"https://acme.example:443"}, .expected_thumbprint = std::nullopt});
  if (!signer) return 12;
  Shared shared{**signer, clock, options.signatures};
  std::vector<std::jthread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&] { SignUntilStopped(shared, ready); });
  }
  int signal = 0;
  ::sigwait(&signals, &signal);
  const bool quiet = (*keystore)->Stop(clock.Tick() + std::chrono::seconds(3));
  shared.stop = true;
  threads.clear();
  if (!quiet) return 13;
  return shared.wrong == 0 ? 0 : 14;
}

int StatusOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

}  // namespace

ForkedSigner::ForkedSigner(const Options& options) {
  int ends[2] = {};
  CERTBROKER_CHECK(::pipe(ends) == 0);
  pid_ = ::fork();
  CERTBROKER_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::close(ends[0]);
    std::exit(Live(options, ends[1]));  // with static destructors, as a program ends
  }
  ::close(ends[1]);
  ready_ = ends[0];
}

ForkedSigner::~ForkedSigner() {
  if (ready_ >= 0) ::close(ready_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  Await();
}

bool ForkedSigner::AwaitSigning() const {
  char octet = 0;
  return ::read(ready_, &octet, 1) == 1;
}

void ForkedSigner::Signal(int signal) const { ::kill(pid_, signal); }

int ForkedSigner::Await() {
  int status = 0;
  CERTBROKER_CHECK(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return StatusOf(status);
}

bool InChild(bool (*work)(const void*), const void* argument) {
  const pid_t pid = ::fork();
  CERTBROKER_CHECK(pid >= 0);
  if (pid == 0) std::exit(work(argument) ? 0 : 1);
  int status = 0;
  CERTBROKER_CHECK(::waitpid(pid, &status, 0) == pid);
  return StatusOf(status) == 0;
}

}  // namespace certbroker
