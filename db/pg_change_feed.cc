#include "db/pg_change_feed.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <pqxx/nontransaction>
#include <pqxx/notification>

#include "core/backoff.h"
#include "core/check.h"
#include "db/channels.h"
#include "db/connection.h"
#include "db/conninfo.h"
#include "db/translate_error.h"

namespace certbroker::db {
namespace {

constexpr BackoffLimits kReconnect{.first = std::chrono::milliseconds{100},
                                   .cap = std::chrono::milliseconds{5'000}};

// Constructing one issues LISTEN.
class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection& session, const ChannelName& channel, Listeners& listeners)
      : pqxx::notification_receiver(session, std::string(channel.name)),
        channel_(channel.channel),
        listeners_(listeners) {}

  void operator()(const std::string& payload, int /*backend_pid*/) override {
    listeners_.Deliver(channel_, payload);
  }

 private:
  Channel channel_;
  Listeners& listeners_;
};

}  // namespace

PgChangeFeed::PgChangeFeed(Options options, const Clock& clock, Random& random, Log& log)
    : options_(std::move(options)),
      conninfo_(CompleteConninfo(options_.conninfo, {.idle_in_transaction = {}})),
      clock_(clock),
      random_(random),
      log_(log),
      watchdog_(clock),
      listeners_(std::make_shared<Listeners>()),
      stop_event_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Run(); }) {
  CERTBROKER_CHECK(stop_event_ >= 0);
  pthread_setname_np(thread_.native_handle(), "db-listener");
}

PgChangeFeed::~PgChangeFeed() {
  stopping_ = true;
  const std::uint64_t one = 1;
  CERTBROKER_CHECK(write(stop_event_, &one, sizeof one) == sizeof one);
  thread_.join();
  close(stop_event_);
}

std::unique_ptr<ChangeFeed::Subscription> PgChangeFeed::Subscribe(Channel channel,
                                                                  Listener listener) {
  return listeners_->Add(channel, std::move(listener));
}

bool PgChangeFeed::WaitFor(int socket, std::chrono::milliseconds timeout) {
  pollfd descriptors[] = {{.fd = stop_event_, .events = POLLIN, .revents = 0},
                          {.fd = socket, .events = POLLIN, .revents = 0}};
  poll(descriptors, 2, static_cast<int>(timeout.count()));
  return !stopping_;
}

void PgChangeFeed::Run() {
  for (int failures = 0; !stopping_; ++failures) {
    auto connection = Connection::Open(conninfo_);
    if (connection) {
      failures = 0;
      Listen(**connection);
    } else {
      log_.Warning("database.listen_failed", {{"error", connection.error().ToString()}});
    }
    if (!WaitFor(-1, Backoff(failures, kReconnect, random_))) return;
  }
}

// Until the session breaks or it is time to stop.
void PgChangeFeed::Listen(Connection& connection) {
  try {
    std::vector<std::unique_ptr<Receiver>> receivers;
    {
      const Watchdog::Guard guard(watchdog_, connection.watched_socket(),
                                  clock_.Tick() + options_.call_timeout);
      for (const ChannelName& channel : kChannels) {
        receivers.push_back(std::make_unique<Receiver>(connection.session(), channel, *listeners_));
      }
    }
    if (!connection.session().is_open()) return;  // libpqxx keeps a failed LISTEN to itself
    log_.Info("database.listening");
    listeners_->DeliverToAll();
    while (WaitFor(connection.session().sock(), options_.check_every)) {
      if (connection.session().get_notifs() == 0 && !StillAnswers(connection)) break;
      // Hints that arrived with the answer wait in libpq, not in the socket.
      connection.session().get_notifs();
    }
    connection.session().disconnect();  // before the receivers go: they would send UNLISTEN
  } catch (...) {
    const Error error = TranslateException(SessionState::kClosed).error;
    log_.Warning("database.listen_lost", {{"error", error.ToString()}});
  }
}

bool PgChangeFeed::StillAnswers(Connection& connection) {
  const Watchdog::Guard guard(watchdog_, connection.watched_socket(),
                              clock_.Tick() + options_.call_timeout);
  pqxx::nontransaction(connection.session()).exec("SELECT 1");
  return connection.session().is_open();
}

}  // namespace certbroker::db
