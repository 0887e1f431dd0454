#include "acme/renewal_info.h"

#include <fmt/format.h>

#include "pki/pem_chain.h"
#include "tests/fakes/fake_clock.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::StrEq;

// RFC 9773 appendix A.
constexpr std::string_view kRfcCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

pki::Certificate Made(const std::vector<forge::Extension>& extensions,
                      const std::string& serial_hex) {
  const auto key = forge::Key::Ec();
  return *pki::Certificate::Parse(
      forge::MakeCertificate({.extensions = extensions, .serial_hex = serial_hex}, key, key));
}

// "[0] 0102030405" as authorityKeyIdentifier.
const forge::Extension kShortKeyId{"2.5.29.35", "DER:300780050102030405"};

Time At(std::string_view text) { return *ParseRfc3339(text); }

std::string Window(std::string_view start, std::string_view end) {
  return fmt::format(R"({{"suggestedWindow":{{"start":"{}","end":"{}"}}}})", start, end);
}

TEST(RenewalCertificateIdTest, IsThatOfTheRfc) {
  const auto chain = pki::ParsePemChain(kRfcCertificate);
  ASSERT_THAT(chain, IsOk());
  EXPECT_THAT(RenewalCertificateId(chain->front()),
              Optional(StrEq("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE")));
}

// tR1: Sectigo refuses an identifier without the sign octet.
TEST(RenewalCertificateIdTest, KeepsTheOctetsOfTheSerial) {
  EXPECT_THAT(RenewalCertificateId(Made({kShortKeyId}, "7f")), Optional(StrEq("AQIDBAU.fw")));
  EXPECT_THAT(RenewalCertificateId(Made({kShortKeyId}, "80")), Optional(StrEq("AQIDBAU.AIA")));
  EXPECT_THAT(RenewalCertificateId(Made({kShortKeyId}, "00fb")), Optional(StrEq("AQIDBAU.APs")));
}

TEST(RenewalCertificateIdTest, WithoutAKeyIdentifierThereIsNone) {
  EXPECT_EQ(RenewalCertificateId(Made({}, "01")), std::nullopt);
  // authorityCertSerialNumber alone: legal, and of no use here.
  EXPECT_EQ(RenewalCertificateId(Made({{"2.5.29.35", "DER:3003820101"}}, "01")), std::nullopt);
}

TEST(RenewalInfoTest, ReadsTheWindowWhateverItsForm) {
  const struct {
    std::string_view name, start, end;
    RenewalWindow want;
  } cases[] = {
      {"UTC",
       "2026-11-21T08:00:00Z",
       "2026-11-22T08:00:00Z",
       {At("2026-11-21T08:00:00Z"), At("2026-11-22T08:00:00Z")}},
      {"offsets",
       "2026-11-21T10:00:00+02:00",
       "2026-11-22T00:30:00-07:30",
       {At("2026-11-21T08:00:00Z"), At("2026-11-22T08:00:00Z")}},
      {"fractions",
       "2026-11-21T08:00:00.25Z",
       "2026-11-21T08:00:00.923456789+00:00",
       {At("2026-11-21T08:00:00Z") + 250ms, At("2026-11-21T08:00:00Z") + 923'456us}},
      {"years ahead",
       "2126-01-01T00:00:00Z",
       "9999-12-31T23:59:59Z",
       {At("2126-01-01T00:00:00Z"), At("9999-12-31T23:59:59Z")}},
      {"long over",
       "1970-01-01T00:00:00Z",
       "1970-01-01T00:00:01Z",
       {At("1970-01-01T00:00:00Z"), At("1970-01-01T00:00:01Z")}},
  };
  for (const auto& c : cases) {
    const auto info = ParseRenewalInfo(Window(c.start, c.end));
    ASSERT_THAT(info, IsOk()) << c.name;
    EXPECT_EQ(info->window, c.want) << c.name;
    EXPECT_EQ(info->poll_after, 6h) << c.name;
  }
}

// tR2: a window without width made other clients' random functions panic.
TEST(RenewalInfoTest, AWindowThatEndsBeforeItBeganCountsAsNoAnswer) {
  EXPECT_THAT(ParseRenewalInfo(Window("2026-11-21T08:00:00Z", "2026-11-21T07:00:00Z")),
              IsError(Reason::kCaBadAnswer, HasSubstr("not after it starts")));
  EXPECT_THAT(ParseRenewalInfo(Window("2026-11-21T08:00:00Z", "2026-11-21T09:00:00+01:00")),
              IsError(Reason::kCaBadAnswer));
}

TEST(RenewalInfoTest, RefusesWhatIsNoWindow) {
  for (const std::string_view json :
       {R"(<html></html>)", R"([])", R"({})", R"({"suggestedWindow":null})",
        R"({"suggestedWindow":"2026-11-21T08:00:00Z"})",
        R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z"}})",
        R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z","end":null}})",
        R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z","end":1795248000}})",
        R"({"suggestedWindow":{"start":"2026-11-21","end":"2026-11-22"}})",
        R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z","end":"2026-11-22T08:00:00Z"})"}) {
    EXPECT_THAT(ParseRenewalInfo(json), IsError(Reason::kCaBadAnswer)) << json;
  }
}

TEST(RenewalInfoTest, ShowsAnExplanationOnlyIfItIsAnHttpsPage) {
  const auto explanation = [](std::string_view member) {
    const auto info =
        ParseRenewalInfo(std::string(R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z",)"
                                     R"("end":"2026-11-22T08:00:00Z"},"explanationURL":)")
                             .append(member)
                             .append("}"));
    return info ? info->explanation_url : "refused: " + info.error().ToString();
  };
  EXPECT_EQ(explanation(R"("https://ca.example/incident/7#what-to-do")"),
            "https://ca.example/incident/7#what-to-do");
  for (const std::string_view member :
       {"\"http://ca.example/\"", "\"javascript:alert(1)\"", "\"https://u:p@ca.example/\"",
        "\"https://ca.example/\\u001b[2J\"", "\"https://ca.example/#\\u202e\"", "\"\"", "null",
        "7"}) {
    EXPECT_THAT(explanation(member), IsEmpty()) << member;
  }
}

// tR3.
TEST(RenewalInfoTest, ComesBackBetweenAMinuteAndADay) {
  const auto poll_after = [](std::optional<std::string> retry_after) {
    HttpResponse response{.status = 200,
                          .headers = {},
                          .body = R"({"suggestedWindow":{"start":"2026-11-21T08:00:00Z",)"
                                  R"("end":"2026-11-22T08:00:00Z"}})"};
    if (retry_after) response.headers.emplace_back("retry-after", *retry_after);
    return ReadRenewalInfo(response, FakeClock().Now())->poll_after;
  };
  EXPECT_EQ(poll_after("21600"), 6h);
  EXPECT_EQ(poll_after("0"), 1min);
  EXPECT_EQ(poll_after("59"), 1min);
  EXPECT_EQ(poll_after("315360000"), 24h);
  EXPECT_EQ(poll_after("Sat, 21 Nov 2026 08:30:00 GMT"), 1h);
  EXPECT_EQ(poll_after("soon"), 6h);
  EXPECT_EQ(poll_after(std::nullopt), 6h);
}

}  // namespace
}  // namespace certbroker::acme
