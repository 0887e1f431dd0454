// tests/cli/messages.h: messages of the service for tests, from their text form.
#pragma once

#include <string>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include "core/time.h"

namespace certbroker::cli {

// What tests take for now; 1795246200 in a Timestamp.
inline const Time kNow = Time{std::chrono::seconds{1'795'246'200}};

template <class Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace certbroker::cli
