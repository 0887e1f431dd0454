// cli/interruption.h: Ctrl-C as a question that can be asked, for what must be put in order first.
#pragma once

namespace certbroker::cli {

// From now on SIGINT, SIGTERM and SIGHUP no longer end the process. Another one, a second or more
// after the first, does, at once and with kExitInterrupted; what comes sooner is the same wish,
// sent to the process and to its group. Calls that were under way go on (SA_RESTART). Once, in
// main's thread.
void CatchInterruption();

bool Interrupted();

}  // namespace certbroker::cli
