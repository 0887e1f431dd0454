// tests/fakes/scripted_ca/management.h: what a test may ask of the CA in another process. Plain
// HTTP, JSON; for loopback only, because whoever reaches it owns the CA.
//
//   GET  /clock     {"now": "2026-11-21T07:30:00Z"}
//   POST /clock     {"advance": 3600} (seconds, negative too) or {"now": "2027-01-01T00:00:00Z"};
//                   answers as GET does
//   GET  /report    the counters that the program prints at its end
//   POST /rules     [ {"endpoint": …, "action": {…}} ] as in script_file.h: added to the script
//   DELETE /rules   forgets them all
//
// 400 with {"error": "…"} for a body that makes no sense, 404 for other paths, 405 for other
// methods.
#pragma once

#include "core/clock.h"
#include "tests/fakes/scripted_ca/http.h"
#include "tests/fakes/scripted_ca/problem.h"
#include "tests/fakes/scripted_ca/scripted_ca.h"
#include "tests/fakes/scripted_ca/virtual_clock.h"

namespace certbroker::scripted_ca {

// Thread-safe. CA and clock outlive it.
class Management {
 public:
  Management(ScriptedCa& ca, VirtualClock& clock) : ca_(ca), clock_(clock) {}

  Response Answer(const Request& request);

 private:
  Response Clock(const Request& request);
  Response Rules(const Request& request);

  ScriptedCa& ca_;
  VirtualClock& clock_;
};

// Requests by endpoint, and how many accounts, orders and certificates there are.
Json Report(const ScriptedCa& ca);

}  // namespace certbroker::scripted_ca
