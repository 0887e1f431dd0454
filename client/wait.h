// client/wait.h: waiting that Ctrl-C ends.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace certbroker::client {

// Waits that long; false when it was told to stop before. In tests: one that only takes note.
using Wait = std::function<bool(std::chrono::milliseconds)>;

// The real one. Thread-safe.
Wait WaitUnless(std::stop_token stop);

}  // namespace certbroker::client
