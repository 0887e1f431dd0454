// tests/fakes/scripted_ca/dns_responder.h: a name server of a test: TXT and CNAME over UDP on
// loopback. It writes messages by hand, so that it shares no mistake with dns_message.cc.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "core/unique_fd.h"

namespace certbroker::scripted_ca {

// Thread-safe. What it does not know has no records; names are compared as they are asked.
class DnsResponder {
 public:
  DnsResponder();
  ~DnsResponder();
  DnsResponder(const DnsResponder&) = delete;
  DnsResponder& operator=(const DnsResponder&) = delete;

  const std::string& address() const { return address_; }  // "127.0.0.1:40123"

  void AddTxt(const std::string& name, const std::string& text) EXCLUDES(mutex_);
  // Answered with the CNAME alone: whoever asks has to ask again.
  void AddAlias(const std::string& name, const std::string& target) EXCLUDES(mutex_);
  void Refuse(const std::string& name) EXCLUDES(mutex_);  // SERVFAIL
  void Clear() EXCLUDES(mutex_);

  std::vector<std::string> asked() const EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);
  std::string Answer(const std::string& query) EXCLUDES(mutex_);

  UniqueFd fd_;
  UniqueFd stop_;
  std::string address_;
  mutable Mutex mutex_;
  std::multimap<std::string, std::string> texts_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> aliases_ GUARDED_BY(mutex_);
  std::set<std::string> refused_ GUARDED_BY(mutex_);
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace certbroker::scripted_ca
