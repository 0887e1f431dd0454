#include "bench/measurement.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::vector<microseconds> OneTo(int last) {
  std::vector<microseconds> values;
  for (int i = last; i >= 1; --i) values.emplace_back(i);
  return values;
}

TEST(PercentileTest, IsTheNearestRank) {
  EXPECT_EQ(Percentile(OneTo(100), 50), microseconds{50});
  EXPECT_EQ(Percentile(OneTo(100), 99), microseconds{99});
  EXPECT_EQ(Percentile(OneTo(10), 99), microseconds{10});
  EXPECT_EQ(Percentile(OneTo(3), 50), microseconds{2});
  EXPECT_EQ(Percentile(OneTo(1), 1), microseconds{1});
  EXPECT_EQ(Percentile({}, 50), microseconds{0});
}

TEST(MeasurementTest, IsOneLineWithFiguresPerCertificate) {
  Measurement m;
  m.concurrency = 8;
  m.latencies = {milliseconds{100}, milliseconds{200}, milliseconds{300}, milliseconds{400}};
  m.failures = 1;
  m.elapsed = milliseconds{500};
  m.before = {.service_cpu_seconds = 1.0, .postgres_cpu_seconds = 2.0, .signatures = 10};
  m.after = {.service_cpu_seconds = 1.1, .postgres_cpu_seconds = 2.02, .signatures = 40};
  m.pebble = "/usr/bin/pebble";
  EXPECT_EQ(MeasurementJson(m),
            R"({"certificates":4,"failures":1,"concurrency":8,"seconds":0.5,)"
            R"("certificates_per_second":8.0,"latency_ms":{"p50":200.0,"p99":400.0},)"
            R"("cpu_seconds_per_certificate":{"certbrokerd":0.025,"postgres":0.005},)"
            R"("signatures_per_certificate":7.5,"pebble":"/usr/bin/pebble",)"
            R"("database_fsync":false})"
            "\n");
}

TEST(MeasurementTest, HasNoFiguresPerCertificateWithoutOne) {
  Measurement m;
  m.failures = 3;
  const auto json = nlohmann::json::parse(MeasurementJson(m));
  EXPECT_EQ(json["certificates"], 0);
  EXPECT_TRUE(json["signatures_per_certificate"].is_null());
  EXPECT_TRUE(json["cpu_seconds_per_certificate"]["postgres"].is_null());
}

TEST(CountPostsTest, CountsRequestsThatCarryASignature) {
  const TempDir dir;
  const std::string log = dir.path() + "/pebble.log";
  std::ofstream(log) << "Pebble 2026/11/21 13:55:34 HEAD /nonce-plz -> calling handler()\n"
                        "Pebble 2026/11/21 13:55:34 POST /order-plz -> calling handler()\n"
                        "Pebble 2026/11/21 13:55:34 There are now 1 orders POST /order-plz\n"
                        "Pebble 2026/11/21 13:55:34 POST /finalize-order/ -> calling handler()\n"
                        "Pebble 2026/11/21 13:55:35 GET /dir -> calling handler()\n";
  EXPECT_THAT(CountPosts(log), IsOkAndHolds(2));
  EXPECT_THAT(CountPosts(dir.path() + "/none"), IsError(Reason::kFileUnusable));
}

}  // namespace
}  // namespace certbroker::bench
