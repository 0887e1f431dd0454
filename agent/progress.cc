#include "agent/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "agent/order_text.h"
#include "client/order_state_name.h"
#include "client/wait.h"
#include "core/error.h"

namespace certbroker::agent {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kUsualWidth = 80;

std::size_t WidthOf(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return std::max<std::size_t>(size.ws_col, kNarrowest);
}

}  // namespace

Progress::Progress(ProgressStyle style, std::FILE* out, const Clock& clock)
    : style_(style), out_(out), clock_(clock), begun_(clock.Tick()) {
  if (style_ != ProgressStyle::kLive) return;
  painter_ = std::jthread([this](const std::stop_token& stop) {
    const client::Wait wait = client::WaitUnless(stop);
    while (wait(std::chrono::seconds{1})) {
      const MutexLock lock(mutex_);
      Repaint();
    }
  });
}

Progress::~Progress() {
  if (painter_.joinable()) {
    painter_.request_stop();
    painter_.join();
  }
  const MutexLock lock(mutex_);
  FinishLine();
}

void Progress::Show(const v1::Order& order) {
  if (style_ == ProgressStyle::kSilent) return;
  const std::string state = client::StateName(order.state());
  std::string doing = Doing(order);
  const MutexLock lock(mutex_);
  if (state == state_ && doing == doing_) return;
  // That the next look at the CA comes a little later is nothing for a log.
  const std::string gist = fmt::format("{} {} {}", state, order.held_by(), order.error().message());
  if (style_ == ProgressStyle::kLines && gist == gist_) return;
  gist_ = gist;
  if (state != state_) {
    FinishLine();
    noted_.clear();
  }
  state_ = state;
  doing_ = std::move(doing);
  if (style_ == ProgressStyle::kLive) {
    painted_ = true;
    Repaint();
    if (IsFinal(order.state())) FinishLine();
  } else {
    Write(Line(state_, doing_) + "\n");
  }
}

void Progress::Note(std::string_view text) {
  if (style_ == ProgressStyle::kSilent) return;
  const MutexLock lock(mutex_);
  if (!noted_.emplace(text).second) return;
  const bool resume = painted_;
  FinishLine();
  Write(Line("", Printable(text)) + "\n");
  painted_ = resume;
  Repaint();
}

void Progress::Repaint() {
  if (!painted_) return;
  // Shorter than the terminal is wide, because a wrapped line cannot be painted over.
  const std::string line = Printable(Line(state_, doing_), WidthOf(out_) - 2);
  Write("\r\x1b[K" + line);
}

void Progress::FinishLine() {
  if (!painted_) return;
  Write("\r\x1b[K" + Line(state_, doing_) + "\n");
  painted_ = false;
}

std::string Progress::Line(const std::string& state, const std::string& doing) const {
  const std::chrono::duration<double> elapsed = clock_.Tick() - begun_;
  return fmt::format("{:7.1f} s  {:<11}  {}", elapsed.count(), state, doing);
}

void Progress::Write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

ProgressStyle StyleFor(bool json, std::FILE* out) {
  if (json) return ProgressStyle::kSilent;
  return ::isatty(::fileno(out)) == 1 ? ProgressStyle::kLive : ProgressStyle::kLines;
}

}  // namespace certbroker::agent
