// core/ports/change_feed.h: hints that rows changed. Never the truth: whoever gets one reads the
// row; whoever gets none for a while looks anyway.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace certbroker {

enum class Channel {
  kWork,         // an order, revocation or account is due; payload: nothing
  kOrder,        // an order changed; payload: its id
  kCertificate,  // a managed certificate changed; payload: its id
  kChallenge,    // an agent has challenge tasks; payload: the agent's id
  kAccount,      // an account changed; payload: its name
  kAgent,        // an agent or an agent CA changed; payload: the agent's id or nothing
};

// Thread-safe.
class ChangeFeed {
 public:
  // Runs on the feed's thread; must not block. An empty payload: hints may have been lost (the
  // connection was away), look at everything.
  using Listener = std::function<void(const std::string& payload)>;

  // Ends the subscription when destroyed; after that the listener does not run any more.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~ChangeFeed() = default;
  [[nodiscard]] virtual std::unique_ptr<Subscription> Subscribe(Channel channel,
                                                                Listener listener) = 0;
};

}  // namespace certbroker
