#include "service/dev/postgres_cluster.h"

#include "tests/support/result_matchers.h"

namespace certbroker::dev {
namespace {

TEST(PostgresClusterTest, IsReadyWhenItsPidFileSaysSo) {
  constexpr std::string_view kHead = "4793\n/d/postgres\n1795252560\n5432\n/d/run\n\n  1234 5\n";
  struct Case {
    std::string_view name, head, status;
    bool want;
  };
  const Case kCases[] = {
      {"padded", kHead, "ready   \n", true},    {"starting", kHead, "starting\n", false},
      {"stopping", kHead, "stopping\n", false}, {"half_written", kHead.substr(0, 20), "", false},
      {"status_missing", kHead, "", false},     {"empty", "", "", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(PostmasterIsReady(std::string(c.head).append(c.status)), c.want);
  }
}

TEST(PostgresClusterTest, UrlEscapesTheSocketsPath) {
  EXPECT_EQ(PostgresUrl({.directory = {}, .sockets = "/d/run-1", .logs = {}}),
            "postgresql:///certbroker?host=/d/run-1&user=certbroker");
  EXPECT_EQ(PostgresUrl({.directory = {}, .sockets = "/a b&c", .logs = {}}),
            "postgresql:///certbroker?host=/a%20b%26c&user=certbroker");
}

}  // namespace
}  // namespace certbroker::dev
