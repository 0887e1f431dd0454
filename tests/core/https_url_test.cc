#include "core/https_url.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

TEST(HttpsUrlTest, KeepsTheTextAndNormalisesOnlyTheOrigin) {
  const auto url = HttpsUrl::Parse("https://ACME.example:14000/My-Order/1?x=%2F");
  ASSERT_THAT(url, IsOk());
  EXPECT_EQ(url->ToString(), "https://ACME.example:14000/My-Order/1?x=%2F");
  EXPECT_EQ(url->origin(), "https://acme.example:14000");
  EXPECT_EQ(HttpsUrl::Parse("https://acme.example/dir")->origin(), "https://acme.example:443");
  EXPECT_EQ(HttpsUrl::Parse("https://[2001:db8::1]/dir")->origin(), "https://[2001:db8::1]:443");
  EXPECT_EQ(HttpsUrl::Parse("https://[2001:db8::1]:1/dir")->origin(), "https://[2001:db8::1]:1");
}

TEST(HttpsUrlTest, RefusesWhatACaHasNoBusinessHandingOut) {
  for (const std::string bad : {"http://acme.example/",
                                "file:///etc/passwd",
                                "gopher://x/",
                                "//acme.example/",
                                "",
                                "https://",
                                "https:///path",
                                "https://user@acme.example/",
                                "https://u:p@acme.example/",
                                "https://acme.example/#fragment",
                                "https://acme.example:0/",
                                "https://acme.example:65536/",
                                "https://acme.example:80a/",
                                "https://acme.example:/",
                                "https://b\303\274cher.example/",
                                "https://acme.example/a b",
                                "https://acme.example/\r\nX: y",
                                "https://acme.example/\"",
                                "https://acme.example/\\",
                                "HTTPS://acme.example/"}) {
    EXPECT_THAT(HttpsUrl::Parse(bad), IsError(Reason::kCaBadAnswer)) << bad;
  }
  EXPECT_THAT(HttpsUrl::Parse("https://a.example/" + std::string(2048, 'x')),
              IsError(Reason::kCaBadAnswer));
}

}  // namespace
}  // namespace certbroker
