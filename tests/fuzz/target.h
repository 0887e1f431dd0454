// tests/fuzz/target.h: what a fuzz target is: one function over octets from outside.
//
// Each target is a program of its own that defines Try. In the preset `fuzz` libFuzzer calls it
// (fuzzer_entry.cc), everywhere else a driver that replays the corpus (replay_main.cc).
#pragma once

#include <string_view>

namespace certbroker::fuzz {

// Hands `input` to the code under test and ends the process (CERTBROKER_CHECK) where one of its
// promises is broken. True: `input` was accepted; the names of corpus files say what is expected.
bool Try(std::string_view input);

}  // namespace certbroker::fuzz
