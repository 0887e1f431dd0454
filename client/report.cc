#include "client/report.h"

#include <cstdio>
#include <string>

#include "client/error_text.h"
#include "client/json.h"

namespace certbroker::client {
namespace {

void Write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

int ReportFailure(std::string_view program, OutputFormat format, const Error& error) {
  if (format == OutputFormat::kJson) {
    Write(stdout, ErrorJson(error));
  } else {
    Write(stderr, ErrorText(program, error));
  }
  return kExitFailed;
}

int ReportMessage(std::string_view program, const google::protobuf::Message& message) {
  const auto json = ToJson(message);
  if (!json) return ReportFailure(program, OutputFormat::kJson, json.error());
  PrintOut(*json);
  return kExitDone;
}

void PrintOut(std::string_view text) { Write(stdout, text); }

void PrintAside(std::string_view text) { Write(stderr, text); }

}  // namespace certbroker::client
