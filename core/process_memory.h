// core/process_memory.h: keeps what is in this process's memory to itself.
#pragma once

namespace certbroker {

// Secrets must not end up in a core file or a debugger's hands: no core files, and nobody but root
// may look into the process. Before the first secret is read; exec and a change of the user undo
// the latter.
void KeepMemoryPrivate();

}  // namespace certbroker
