#include "service/dev/pebble.h"

#include <nlohmann/json.hpp>

#include "service/dev/https_get.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::dev {
namespace {

using ::testing::HasSubstr;

TEST(PebbleTest, ConfigurationHasPortsOnLoopbackAndEcdsaKeys) {
  FakeRandom random;
  const auto ports = PebblePorts::Reserve(random);
  ASSERT_THAT(ports, IsOk());

  const auto json = nlohmann::json::parse(PebbleConfiguration({.directory = {},
                                                               .logs = {},
                                                               .tls = {"/d/tls.pem", "/d/tls.key"},
                                                               .tls_root = {},
                                                               .roots = {},
                                                               .retry_after_seconds = 7,
                                                               .environment = {}},
                                                              *ports),
                                          nullptr, false)["pebble"];

  EXPECT_EQ(json["listenAddress"], ports->directory.address());
  EXPECT_THAT(json["managementListenAddress"].get<std::string>(), HasSubstr("127.0.0.1:"));
  EXPECT_EQ(json["httpPort"], ports->http.number());
  EXPECT_EQ(json["tlsPort"], ports->tls.number());
  EXPECT_EQ(json["certificate"], "/d/tls.pem");
  EXPECT_EQ(json["privateKey"], "/d/tls.key");
  EXPECT_EQ(json["keyAlgorithm"], "ecdsa");
  EXPECT_EQ(json["retryAfter"]["authz"], 7);
  EXPECT_EQ(json["retryAfter"]["order"], 7);
}

TEST(PebbleTest, AMissingPebbleSaysWhatToDo) {
  const auto found = FindPebble("/nonexistent/pebble", "/x/build/dev/bin/certbrokerd");

  EXPECT_THAT(found, IsError(Reason::kConfigInvalid, HasSubstr("tools/install_packages")));
}

TEST(HttpAnswerTest, HasStatusAndBody) {
  const auto answer = ParseHttpAnswer("HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\nbody\r\n\r\nmore");

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "body\r\n\r\nmore");
}

TEST(HttpAnswerTest, AnythingElseIsRefused) {
  for (const std::string_view text :
       {"", "HTTP/1.0", "HTTP/1.0 200 OK\r\n", "HTTP/1.0\r\n\r\n", "HTTP/1.0 2x0 OK\r\n\r\n",
        "HTTP/1.0 20 OK\r\n\r\n", "SSH-2.0-x 200 \r\n\r\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseHttpAnswer(text), IsError(Reason::kCaBadAnswer));
  }
}

}  // namespace
}  // namespace certbroker::dev
