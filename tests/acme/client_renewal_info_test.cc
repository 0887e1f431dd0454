#include "acme/client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kId = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
constexpr std::string_view kWindow =
    R"({"suggestedWindow":{"start":"2026-11-22T00:00:00Z","end":"2026-11-23T00:00:00Z"}})";

HttpsUrl CaUrl(const std::string& path) { return *HttpsUrl::Parse("https://ca.example" + path); }

HttpResponse DirectoryWith(const std::string& members) {
  return {.status = 200,
          .headers = {},
          .body = R"({"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a",)"
                  R"("newOrder":"https://ca.example/o","revokeCert":"https://ca.example/r")" +
                  members + "}"};
}

class ClientRenewalInfoTest : public ::testing::Test {
 protected:
  ClientRenewalInfoTest() { workers_.Stop(); }

  Result<RenewalInfo> Ask() {
    std::optional<Result<RenewalInfo>> outcome;
    client_.GetRenewalInfo(kId, [&outcome](Result<RenewalInfo> info) {
      EXPECT_FALSE(outcome.has_value()) << "`done` runs once";
      outcome = std::move(info);
    });
    if (!outcome) return Error(Reason::kInternal, "no answer");
    return *std::move(outcome);
  }

  FakeClock clock_;
  FakeHttpClient http_;
  Executor workers_{{.name = "test"}};
  Client client_{{.directory = CaUrl("/dir"), .extra_origins = {}}, {http_, clock_, workers_}};
};

// RFC 9773 §4.1: unsigned, and no nonce is spent or asked for.
TEST_F(ClientRenewalInfoTest, IsAPlainGetBehindTheDirectorysAddress) {
  http_.Answer(DirectoryWith(R"(,"renewalInfo":"https://ca.example/renewal-info")"));
  http_.Answer({.status = 200, .headers = {{"retry-after", "120"}}, .body = std::string(kWindow)});
  const auto info = Ask();
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->window.start, *ParseRfc3339("2026-11-22T00:00:00Z"));
  EXPECT_EQ(info->poll_after, 2min);
  ASSERT_THAT(http_.requests(), SizeIs(2));
  const HttpRequest request = http_.requests().back();
  EXPECT_EQ(request.method, HttpMethod::kGet);
  EXPECT_EQ(request.url, CaUrl("/renewal-info/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"));
  EXPECT_THAT(request.body, IsEmpty());
}

TEST_F(ClientRenewalInfoTest, ASlashAtTheEndOfTheAddressIsNotDoubled) {
  http_.Answer(DirectoryWith(R"(,"renewalInfo":"https://ca.example/ari/")"));
  http_.Answer({.status = 200, .headers = {}, .body = std::string(kWindow)});
  EXPECT_THAT(Ask(), IsOk());
  EXPECT_EQ(http_.requests().back().url, CaUrl("/ari/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"));
}

// tR3.
TEST_F(ClientRenewalInfoTest, ACaWithoutItSaysSo) {
  http_.Answer(DirectoryWith(R"(,"renewalInfo":null)"));
  EXPECT_THAT(Ask(), IsError(Reason::kNotFound, HasSubstr("RFC 9773")));
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(ClientRenewalInfoTest, AForeignAddressIsNotAsked) {
  http_.Answer(DirectoryWith(R"(,"renewalInfo":"https://169.254.169.254/latest")"));
  EXPECT_FALSE(Ask().has_value());
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(ClientRenewalInfoTest, ErrorsAreTyped) {
  http_.Answer(DirectoryWith(R"(,"renewalInfo":"https://ca.example/ari")"));
  const struct {
    int status;
    std::string_view body;
    Reason want;
  } cases[] = {
      {404, "{}", Reason::kNotFound},        {200, "<html>", Reason::kCaBadAnswer},
      {500, "oops", Reason::kCaUnavailable}, {503, "", Reason::kCaUnavailable},
      {301, "", Reason::kCaBadAnswer},       {400, "{}", Reason::kCaBadAnswer},
  };
  for (const auto& c : cases) {
    http_.Answer({.status = c.status, .headers = {}, .body = std::string(c.body)});
    EXPECT_THAT(Ask(), IsError(c.want, HasSubstr("GET https://ca.example/ari/"))) << c.status;
  }
  http_.FailNext(Error(Reason::kOutcomeUnknown, "timed out"));
  EXPECT_THAT(Ask(), IsError(Reason::kOutcomeUnknown));
}

}  // namespace
}  // namespace certbroker::acme
