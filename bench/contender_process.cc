#include "bench/contender_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "core/check.h"

namespace certbroker::bench {
namespace {

struct RoundOrder {
  int threads = 0;
  long milliseconds = 0;
};

template <class T>
bool ReadAll(int fd, T* value) {
  return ::read(fd, value, sizeof(*value)) == static_cast<ssize_t>(sizeof(*value));
}

template <class T>
bool WriteAll(int fd, const T& value) {
  return ::write(fd, &value, sizeof(value)) == static_cast<ssize_t>(sizeof(value));
}

// Signatures per second; negative when one failed.
double RunRound(Contender& contender, const RoundOrder& order) {
  std::vector<std::function<bool()>> hands;
  for (int i = 0; i < order.threads; ++i) {
    auto hand = contender.Hand();
    if (!hand) return -1;
    // Not the first signature of a session: whoever has just been asked to open it pays for that.
    if (!(*hand)()) return -1;
    hands.push_back(*std::move(hand));
  }
  std::atomic<bool> stop = false;
  std::atomic<long> made = 0;
  std::atomic<bool> failed = false;
  const auto begun = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (const auto& hand : hands) {
      threads.emplace_back([&] {
        long mine = 0;
        for (; !stop; ++mine) {
          if (!hand()) failed = true;
        }
        made += mine;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(order.milliseconds));
    stop = true;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return failed ? -1 : static_cast<double>(made) / took.count();
}

[[noreturn]] void Serve(MakeContender make, const SignTarget& target, int orders, int answers) {
  auto contender = make(target);
  if (!contender) fmt::print(stderr, "sign: {}\n", contender.error().ToString());
  const bool up = contender.has_value();
  WriteAll(answers, up);
  RoundOrder order;
  while (up && ReadAll(orders, &order)) WriteAll(answers, RunRound(**contender, order));
  // No way out through destructors: libp11 has its own ideas of those.
  std::_Exit(up ? 0 : 1);
}

}  // namespace

Result<std::unique_ptr<ContenderProcess>> ContenderProcess::Start(MakeContender make,
                                                                  const SignTarget& target) {
  int orders[2] = {};
  int answers[2] = {};
  CERTBROKER_CHECK(::pipe2(orders, O_CLOEXEC) == 0 && ::pipe2(answers, O_CLOEXEC) == 0);
  const pid_t pid = ::fork();
  CERTBROKER_CHECK(pid >= 0);
  if (pid == 0) {
    ::close(orders[1]);
    ::close(answers[0]);
    Serve(make, target, orders[0], answers[1]);
  }
  ::close(orders[0]);
  ::close(answers[1]);
  std::unique_ptr<ContenderProcess> process(new ContenderProcess(pid, orders[1], answers[0]));
  bool up = false;
  if (!ReadAll(process->answers_, &up) || !up) {
    return Error(Reason::kHsmUnavailable, "a contender did not come up; see above");
  }
  return process;
}

ContenderProcess::~ContenderProcess() {
  ::close(orders_);
  ::close(answers_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Result<double> ContenderProcess::Measure(int threads, std::chrono::milliseconds time) {
  double rate = -1;
  if (!WriteAll(orders_, RoundOrder{threads, time.count()}) || !ReadAll(answers_, &rate) ||
      rate < 0) {
    return Error(Reason::kHsmUnavailable, "a signature failed");
  }
  return rate;
}

}  // namespace certbroker::bench
