// Bad input: each a clear error on the host, no order, no word to the CA.
#include <fstream>

#include "tests/integration/scenario.h"

namespace certbroker {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class RefusalTest : public ::testing::Test {
 protected:
  // The requests that Pebble has logged; "POST /order-plz", "POST /authZ/…".
  int CaRequests() const {
    std::ifstream log(stack_.log("pebble"));
    int requests = 0;
    for (std::string line; std::getline(log, line);) {
      if (line.find("POST /") != std::string::npos) ++requests;
    }
    return requests;
  }

  // The agent's answer to `issue`; nothing may have come of it.
  ProgramResult Refused(const std::vector<std::string>& names,
                        const std::vector<std::string>& more = {}) {
    const std::string orders = stack_.Query("SELECT count(*) FROM orders");
    const int requests = CaRequests();
    ProgramResult result = stack_.Agent(0, IssueArguments(stack_, names, folder_, more));
    EXPECT_NE(result.exit_code, 0) << result;
    EXPECT_EQ(stack_.Query("SELECT count(*) FROM orders"), orders);
    EXPECT_EQ(CaRequests(), requests);
    return result;
  }

  DevStack& stack_ = SharedStack();
  CertificateFolder folder_;
};

TEST_F(RefusalTest, ANameThatPolicyDoesNotGrantIsNamed) {
  const ProgramResult result = Refused({"app.test", "bank.test"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("NAME_NOT_AUTHORIZED"));
  EXPECT_THAT(result.err, HasSubstr("bank.test"));
}

TEST_F(RefusalTest, NamesThatAreNoneSayWhy) {
  const std::string too_long = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                               std::string(63, 'c') + '.' + std::string(63, 'd') + ".test";
  for (const std::string& name :
       {std::string("under_score.test"), std::string("two..dots.test"),
        std::string("a.*.apps.test"), std::string("*"), too_long, std::string("x-.apps.test")}) {
    const ProgramResult result = Refused({name});
    EXPECT_THAT(result.err, HasSubstr("NAME_INVALID")) << name << ": " << result;
  }
}

TEST_F(RefusalTest, WhatIsNoULabelIsToldTheALabelItMayMean) {
  const ProgramResult result = Refused({"BÜCHER.apps.test"});
  EXPECT_THAT(result.err, HasSubstr("xn--bcher-kva.apps.test")) << result;
}

TEST_F(RefusalTest, AnIssuerThatIsNotGrantedIsNamed) {
  const ProgramResult result = Refused({"app.test"}, {"--issuer", "elsewhere"});
  EXPECT_THAT(result.err, HasSubstr("ISSUER_NOT_ALLOWED")) << result;
}

TEST_F(RefusalTest, AProfileThatIsNotGrantedIsNamed) {
  const ProgramResult result = Refused({"app.test"}, {"--profile", "shortlived"});
  EXPECT_THAT(result.err, HasSubstr("PROFILE_NOT_ALLOWED")) << result;
}

TEST_F(RefusalTest, AWildcardThatHttpCannotProveEndsWithTheReason) {
  const ProgramResult result = stack_.Agent(0, IssueArguments(stack_, {"*.app.test"}, folder_));
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, HasSubstr("CHALLENGE_UNSUPPORTED"));
}

TEST_F(RefusalTest, AnOptionThatDoesNotExistIsAUsageError) {
  const ProgramResult result = Refused({"app.test"}, {"--no-such-option"});
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_THAT(result.err, HasSubstr("--no-such-option"));
}

TEST_F(RefusalTest, AnUnknownCertificateIsNotFound) {
  const ProgramResult result = stack_.Operator(
      {"certificates", "show", "certificates/01920000-0000-7000-8000-000000000000"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, HasSubstr("NOT_FOUND"));
}

TEST_F(RefusalTest, AnIdentityOfAStrangerIsRefusedAndTheTextSaysWhatToCheck) {
  const TempDir dir;
  const std::string key = dir.path() + "/key.pem";
  const std::string certificate = dir.path() + "/cert.pem";
  ASSERT_EQ(
      RunProgram("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                             "-nodes", "-subj", "/CN=stranger", "-addext",
                             "subjectAltName=URI:spiffe://dev.certbroker.test/agent/web-01",
                             "-keyout", key, "-out", certificate})
          .exit_code,
      0);

  const ProgramResult result =
      RunProgram(BuiltProgram("certbroker-agent"),
                 {"--server", stack_.Text("/agent/address"), "--ca", stack_.Text("/agent/ca"),
                  "--identity", certificate, "--identity-key", key, "status"});

  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AnyOf(HasSubstr("SERVICE_UNREACHABLE"), HasSubstr("IDENTITY_INVALID")));
}

TEST_F(RefusalTest, OlderTlsIsRefused) {
  const auto connect = [&](const std::string& version) {
    return RunProgram("sh", {"-c", "openssl s_client -connect " + stack_.Text("/agent/address") +
                                       " -CAfile " + stack_.Text("/agent/ca") + " -cert " +
                                       stack_.Text("/identities/0/certificate") + " -key " +
                                       stack_.Text("/identities/0/key") + " -alpn h2 " + version +
                                       " </dev/null 2>&1"});
  };
  const ProgramResult older = connect("-tls1_2");
  const ProgramResult current = connect("-tls1_3");

  EXPECT_NE(older.exit_code, 0) << older;
  EXPECT_EQ(current.exit_code, 0) << current;
  EXPECT_THAT(current.out, HasSubstr("TLSv1.3"));
}

}  // namespace
}  // namespace certbroker
