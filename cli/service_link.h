// cli/service_link.h: what every command that asks the service works with.
#pragma once

#include <memory>

#include <grpcpp/channel.h>

#include "client/calls.h"
#include "client/report.h"
#include "client/wait.h"
#include "core/clock.h"
#include "core/random.h"

namespace certbroker::cli {

inline constexpr std::string_view kProgram = "certbroker";

// References: outlived by what they name. `output` is how answers and failures are printed.
struct ServiceLink {
  std::shared_ptr<grpc::Channel> channel;
  const client::Calls& calls;
  const client::Wait& wait;
  Clock& clock;
  Random& random;
  client::OutputFormat output = client::OutputFormat::kText;

  int Fail(const Error& error) const { return client::ReportFailure(kProgram, output, error); }
  // As JSON, or `text(message)`. The exit code.
  template <class Message, class Text>
  int Show(const Message& message, Text text) const {
    if (output == client::OutputFormat::kJson) return client::ReportMessage(kProgram, message);
    client::PrintOut(text(message));
    return client::kExitDone;
  }
};

}  // namespace certbroker::cli
