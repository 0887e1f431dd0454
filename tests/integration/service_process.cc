#include "tests/integration/service_process.h"

#include <thread>

#include <gtest/gtest.h>

#include "service/dev/text_file.h"

namespace certbroker {

using std::chrono::milliseconds;
using std::chrono::seconds;

ServiceFile::ServiceFile(const DevStack& stack) {
  const auto text = dev::ReadFile(stack.Text("/service/config"));
  if (text) text_ = *text;
  EXPECT_FALSE(text_.empty());
}

ServiceFile& ServiceFile::Set(const std::string& key, const std::string& value) {
  const std::size_t begin = text_.find('\n' + key + " = ");
  EXPECT_NE(begin, std::string::npos) << key;
  if (begin == std::string::npos) return *this;
  const std::size_t end = text_.find('\n', begin + 1);
  text_.replace(begin + 1, end - begin - 1, key + " = " + value);
  return *this;
}

ServiceFile& ServiceFile::Append(const std::string& text) {
  text_ += text;
  return *this;
}

std::string ServiceFile::Write() {
  std::string path = dir_.path() + "/certbrokerd.toml";
  EXPECT_TRUE(dev::WriteFile(path, text_, 0600).has_value());
  return path;
}

ServiceProcess::ServiceProcess(const DevStack& stack, const std::string& config_file,
                               const std::vector<std::string>& more,
                               const std::vector<std::pair<std::string, std::string>>& environment)
    : program_(BuiltProgram("certbrokerd"),
               [&] {
                 std::vector<std::string> arguments = {"serve", "--config", config_file};
                 arguments.insert(arguments.end(), more.begin(), more.end());
                 return arguments;
               }(),
               {.environment =
                    [&] {
                      auto all = environment;
                      all.emplace_back("SOFTHSM2_CONF", stack.Text("/keystore/softhsm2_conf"));
                      return all;
                    }(),
                .limit = seconds{30}}) {}

bool ServiceProcess::Says(const std::string& text) {
  for (int i = 0; i < 3000; ++i) {
    if ((program_.err() + program_.out()).find(text) != std::string::npos) return true;
    if (!program_.Running()) return false;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return false;
}

}  // namespace certbroker
