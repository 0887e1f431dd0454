#include "service/dev/stack_json.h"

#include <fstream>

#include "bench/stack_handle.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::bench {
namespace {

using ::testing::HasSubstr;

class ReadStackJsonTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) const {
    std::string path = dir_.path() + "/stack.json";
    std::ofstream(path) << text;
    return path;
  }

  TempDir dir_;
};

TEST_F(ReadStackJsonTest, FindsWhatADevelopmentStackWrites) {
  dev::StackFacts written;
  written.directory = "/run/stack";
  written.agent_address = "127.0.0.1:1";
  written.ca = "/run/stack/ca.pem";
  written.http_port = 5002;
  written.pebble_roots = "/run/stack/roots.pem";
  written.identities.push_back({"web", "spiffe://x/agent/web", {"/c.pem", "/k.pem"}, {}});
  written.pids = {{"postgres", 11}, {"certbrokerd", 12}};
  const auto read = ReadStackJson(Write(dev::StackJson(written)));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->agent_address, "127.0.0.1:1");
  EXPECT_EQ(read->identity, "/c.pem");
  EXPECT_EQ(read->identity_key, "/k.pem");
  EXPECT_EQ(read->http_listen, "127.0.0.1:5002");
  EXPECT_EQ(read->pebble_log, "/run/stack/log/pebble.log");
  EXPECT_EQ(read->postgres_pid, 11);
  EXPECT_EQ(read->service_pid, 12);
}

TEST_F(ReadStackJsonTest, SaysWhatTheFileShouldHaveBeen) {
  EXPECT_THAT(ReadStackJson(dir_.path() + "/none"),
              IsError(Reason::kFileUnusable, HasSubstr("certbrokerd dev")));
  EXPECT_THAT(ReadStackJson(Write("{\"version\": 1}")), IsError(Reason::kFileUnusable));
  EXPECT_THAT(ReadStackJson(Write("not JSON")), IsError(Reason::kFileUnusable));
}

}  // namespace
}  // namespace certbroker::bench
