// core/renewal.h: when a certificate is to be renewed, and what its CA said about that, as values.
//
// Only acme/renewal_plan decides what changes; its row in Postgres holds the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace certbroker {

// Half open: [start, end).
struct RenewalWindow {
  Time start;
  Time end;

  friend bool operator==(const RenewalWindow&, const RenewalWindow&) = default;
};

// Whose window it is: that of the certificate's lifetime, or the CA's (RFC 9773).
enum class WindowSource { kLifetime, kCa };
std::string_view ToString(WindowSource source);  // LIFETIME, CA
std::optional<WindowSource> WindowSourceFromName(std::string_view name);

// What is kept between two looks.
struct RenewalPlan {
  std::string certificate_id;  // RFC 9773 §4.1; empty: its CA cannot be asked about it
  WindowSource source = WindowSource::kLifetime;
  RenewalWindow window;
  // One uniform time in `window`, drawn once; the drawing's `now` for a window that was over.
  Time chosen;
  std::optional<Time> next_poll;  // of renewalInfo; nothing: never again
  std::string explanation_url;    // the CA's, to be shown to an operator
  int failures = 0;               // temporary ones in a row

  friend bool operator==(const RenewalPlan&, const RenewalPlan&) = default;
};

}  // namespace certbroker
