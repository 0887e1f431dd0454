// tests/support/unprivileged.h: stops being root, for tests of what a process may not write.
#pragma once

namespace certbroker {

// For ever, and only if root: becomes nobody (65534). Called by main, before any thread exists.
void BecomeUnprivileged();

}  // namespace certbroker
