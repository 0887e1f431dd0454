#include "tests/integration/scripted_ca_process.h"

#include <thread>

#include <gtest/gtest.h>

#include "service/dev/text_file.h"
#include "tests/integration/management_post.h"

namespace certbroker {
namespace {

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

ScriptedCaProcess::ScriptedCaProcess()
    : program_(SCRIPTED_CA_PROGRAM,
               {"--listen", "127.0.0.1:0", "--tls-root-out", tls_root(), "--roots-out", roots(),
                "--management", "127.0.0.1:0", "--management-out", dir_.path() + "/management"}) {
  for (int i = 0; i < 1000 && program_.Running() && directory_url().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  EXPECT_FALSE(directory_url().empty()) << program_.err();
}

std::string ScriptedCaProcess::directory_url() const { return FirstLine(program_.out()); }

void ScriptedCaProcess::Follow(const nlohmann::json& rules) const {
  const auto management = dev::ReadFile(dir_.path() + "/management");
  ASSERT_TRUE(management.has_value());
  const std::string url = FirstLine(*management) + "/rules";
  Delete(url);
  PostJson(url, rules);
}

}  // namespace certbroker
