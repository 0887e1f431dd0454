// client/report.h: how a command of a client program ends: output in one of two forms, and an exit
// code.
#pragma once

#include <string_view>

#include "core/error.h"
#include "google/protobuf/message.h"

namespace certbroker::client {

enum class OutputFormat { kText, kJson };

enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,         // the request failed; why has been printed
  kExitUsage = 2,          // the command line is not understood
  kExitInterrupted = 130,  // Ctrl-C; what had been asked for goes on at the service
};

// Text goes to standard error, JSON to standard output, where a script waits for it. kExitFailed.
int ReportFailure(std::string_view program, OutputFormat format, const Error& error);

// The message as JSON on standard output. kExitDone.
int ReportMessage(std::string_view program, const google::protobuf::Message& message);

// To standard output, at once.
void PrintOut(std::string_view text);
// To standard error: what people want to know and a pipe must not get.
void PrintAside(std::string_view text);

}  // namespace certbroker::client
