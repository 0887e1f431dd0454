#include "acme/origin_gate.h"

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

HttpsUrl Parsed(std::string_view text) { return *HttpsUrl::Parse(text); }

TEST(OriginGateTest, LetsTheDirectorysServerAndTheListedOnesPass) {
  const OriginGate gate(Parsed("https://acme.example/directory"),
                        {Parsed("https://certs.example:8443/any/path")});
  for (const std::string_view text :
       {"https://acme.example/order/1", "https://ACME.example:443/x", "https://acme.example",
        "https://certs.example:8443/cert/1", "https://acme.example?x"}) {
    EXPECT_THAT(gate.Check(Parsed(text)), IsOk()) << text;
  }
}

// T22.
TEST(OriginGateTest, StopsEveryOther) {
  const OriginGate gate(Parsed("https://acme.example/directory"),
                        {Parsed("https://certs.example:8443/")});
  for (const std::string_view text :
       {"https://169.254.169.254/latest/meta-data/", "https://127.0.0.1/", "https://localhost/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
        "https://acme.example:5432/", "https://certs.example/",
        "https://acme.example.evil.example/", "https://evil.example/acme.example",
        "https://acme.example./", "https://sub.acme.example/",
        "https://evil.example?https://acme.example/", "https://acme.example:443:443/"}) {
    EXPECT_THAT(gate.Check(Parsed(text)), IsError(Reason::kCaBadAnswer, HasSubstr(text))) << text;
  }
  EXPECT_THAT(gate.Check(HttpsUrl()), IsError(Reason::kCaBadAnswer));
}

TEST(OriginGateTest, SaysWhatIsAllowedAndWhatToDo) {
  const OriginGate gate(Parsed("https://acme.example/directory"));
  EXPECT_THAT(gate.Check(Parsed("https://other.example/")),
              IsError(Reason::kCaBadAnswer, AllOf(HasSubstr("https://acme.example:443"),
                                                  HasSubstr("issuer's configuration"))));
}

}  // namespace
}  // namespace certbroker::acme
