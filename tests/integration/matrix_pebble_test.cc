// The main job at Pebbles of several kinds: old and new, moody about nonces, with and without a
// memory, slow, with a longer chain.
#include <sstream>

#include <fmt/format.h>

#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr const char* kSigned = "Issued certificate serial";

// Of an order: {"http-01", "", …}; empty where the CA wanted no proof.
std::vector<std::string> Challenges(const json& order) {
  std::vector<std::string> types;
  for (const json& one : order["authorizations"]) types.push_back(one["challenge_type"]);
  return types;
}

int CertificatesIn(const std::string& file) {
  const ProgramResult listed = RunProgram("openssl", {"storeutl", "-noout", "-certs", file});
  EXPECT_EQ(listed.exit_code, 0) << listed;
  int found = 0;
  for (std::size_t at = 0; (at = listed.out.find(": Certificate", at)) != std::string::npos; ++at) {
    ++found;
  }
  return found;
}

// When authorizations were asked for, in seconds: Pebble logs no fractions.
std::vector<int> AuthorizationRequests(const PebbleProcess& ca) {
  std::vector<int> times;
  std::istringstream lines(ca.log());
  for (std::string line; std::getline(lines, line);) {
    // "Pebble 2026/11/21 20:17:47 POST /authZ/ -> calling handler()"
    const std::size_t clock = line.find(':');
    if (line.find("POST /authZ/") == std::string::npos || clock < 2) continue;
    const auto number = [&](std::size_t from) { return std::stoi(line.substr(from, 2)); };
    times.push_back(number(clock - 2) * 3600 + number(clock + 1) * 60 + number(clock + 4));
  }
  return times;
}

class MatrixPebbleTest : public MatrixTest {
 protected:
  void IssuesRenewsAndRevokes(const std::string& issuer) {
    const PebbleProcess& ca = Ca(issuer);
    const CertificateFolder folder;
    const std::string name = fmt::format("main.{}.matrix.test", issuer);
    const ProgramResult issued = Issue(issuer, {name}, folder);
    ASSERT_EQ(issued.exit_code, 0) << issued;
    const std::string first = folder.serial();
    EXPECT_EQ(ca.StatusOf(first), "Valid");
    const ProgramResult renewed = Renew(issuer, folder);
    ASSERT_EQ(renewed.exit_code, 0) << renewed;
    EXPECT_NE(folder.serial(), first);
    EXPECT_EQ(ca.StatusOf(folder.serial()), "Valid");
    const ProgramResult revoked =
        stack().Agent(0, {"revoke", "--reason", "superseded", "--out", folder.path()});
    ASSERT_EQ(revoked.exit_code, 0) << revoked;
    EXPECT_EQ(ca.StatusOf(folder.serial()), "Revoked");
    EXPECT_EQ(ca.StatusOf(first), "Valid") << "only the current one was to be revoked";
  }

  // Four names in one order: one certificate, and one request to sign it.
  void IssuesOnce(const std::string& issuer) {
    const int before = Ca(issuer).Logged(kSigned);
    const CertificateFolder folder;
    std::vector<std::string> names;
    for (const char c : {'a', 'b', 'c', 'd'}) {
      names.push_back(fmt::format("{}.nonce.{}.matrix.test", c, issuer));
    }
    const ProgramResult issued = Issue(issuer, names, folder);
    ASSERT_EQ(issued.exit_code, 0) << issued;
    EXPECT_EQ(Ca(issuer).Logged(kSigned), before + 1);
    EXPECT_EQ(OrderFor(names)["attempt"], 0);
    EXPECT_THAT(Challenges(OrderFor(names)), Each(std::string("http-01")));
  }
};

TEST_F(MatrixPebbleTest, TheNewestIssuesRenewsAndRevokes) { IssuesRenewsAndRevokes("newest"); }

TEST_F(MatrixPebbleTest, TheOneOfTheReleaseIssuesRenewsAndRevokes) {
  if (!matrix_.has("old")) GTEST_SKIP() << kReleasePebble << " is not there";
  IssuesRenewsAndRevokes("old");
}

TEST_F(MatrixPebbleTest, TheOneOfTheReleaseTakesAWildcardAndAnAddress) {
  if (!matrix_.has("old")) GTEST_SKIP() << kReleasePebble << " is not there";
  const CertificateFolder folder;
  const ProgramResult wildcard = Issue("old", {"*.dns.test"}, folder);
  ASSERT_EQ(wildcard.exit_code, 0) << wildcard;
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("DNS:*.dns.test"));
  const CertificateFolder other;
  const ProgramResult address = Issue("old", {"127.0.0.1"}, other);
  ASSERT_EQ(address.exit_code, 0) << address;
  EXPECT_THAT(other.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("IP Address:127.0.0.1"));
}

// tN1.
TEST_F(MatrixPebbleTest, NoRefusedNonceAndOneCertificate) { IssuesOnce("newest"); }

TEST_F(MatrixPebbleTest, EveryFifthNonceRefusedAndOneCertificate) {
  if (!matrix_.has("old")) GTEST_SKIP() << kReleasePebble << " is not there";
  IssuesOnce("old");
}

TEST_F(MatrixPebbleTest, FourOfFiveNoncesRefusedAndOneCertificate) {
  const int before = Ca("nonces").Logged("POST /");
  IssuesOnce("nonces");
  // What the test is about: an order of four names is some twenty requests.
  EXPECT_GT(Ca("nonces").Logged("POST /") - before, 35);
}

// tS1, tS8.
TEST_F(MatrixPebbleTest, WhatTheCaRemembersIsNotProvenAgain) {
  const std::vector<std::string> names = {"one.memory.matrix.test", "two.memory.matrix.test"};
  const CertificateFolder folder;
  ASSERT_EQ(Issue("bound", names, folder).exit_code, 0);
  EXPECT_THAT(Challenges(OrderFor(names)), Each(std::string("http-01")));

  // Nobody could prove anything now: the agent serves where the CA does not look.
  const CertificateFolder again;
  const ProgramResult issued =
      stack().Agent(0, {"issue", names[0], names[1], "--issuer", "bound", "--http-listen",
                        "127.0.0.1:0", "--roots", Ca("bound").roots(), "--out", again.path()});

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(Challenges(OrderFor(names)), Each(std::string()));
  EXPECT_EQ(OrderFor(names)["attempt"], 0);
}

TEST_F(MatrixPebbleTest, WhatTheCaForgetsIsProvenEachTime) {
  const CertificateFolder folder;
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(Issue("newest", {"forgotten.matrix.test"}, folder).exit_code, 0);
    EXPECT_THAT(Challenges(OrderFor({"forgotten.matrix.test"})), Each(std::string("http-01")));
  }
}

// tH7.
TEST_F(MatrixPebbleTest, AChainOfThreeIntermediatesIsDelivered) {
  const CertificateFolder folder;
  const ProgramResult issued = Issue("bound", {"chain.matrix.test"}, folder);
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(CertificatesIn(folder.file("chain.pem")), 3);
  const ProgramResult verified =
      RunProgram("openssl", {"verify", "-CAfile", Ca("bound").roots(), "-untrusted",
                             folder.file("chain.pem"), folder.file("cert.pem")});
  EXPECT_EQ(verified.exit_code, 0) << verified;
}

TEST_F(MatrixPebbleTest, AHundredNamesAreOneCertificate) {
  const int before = Ca("newest").Logged(kSigned);
  const CertificateFolder folder;
  std::vector<std::string> names;
  names.reserve(100);
  for (int i = 0; i < 100; ++i) names.push_back(fmt::format("n{:02}.hundred.matrix.test", i));

  const ProgramResult issued = Issue("newest", names, folder);

  ASSERT_EQ(issued.exit_code, 0) << issued;
  const std::string held = folder.OpensslSays({"-ext", "subjectAltName"});
  for (const std::string& name : names) EXPECT_THAT(held, HasSubstr("DNS:" + name));
  EXPECT_EQ(Ca("newest").Logged(kSigned), before + 1);
}

// tH1. Pebble says it in seconds or as a date, as it likes: three of them, of which a date may
// swallow a part, and another part is lost to the log.
TEST_F(MatrixPebbleTest, PollsNoSoonerThanTheCaSays) {
  if (!Offers(Ca("slow"), "/meta/profiles")) GTEST_SKIP() << "this Pebble says nothing of it";
  int repeated = 0;
  for (int i = 0; i < 5 && repeated == 0; ++i) {
    const std::size_t before = AuthorizationRequests(Ca("slow")).size();
    const CertificateFolder folder;
    const ProgramResult issued = Issue("slow", {fmt::format("p{}.slow.matrix.test", i)}, folder);
    ASSERT_EQ(issued.exit_code, 0) << issued;
    const std::vector<int> times = AuthorizationRequests(Ca("slow"));
    // The first is not a poll: it is how the challenge becomes known.
    for (std::size_t at = before + 2; at < times.size(); ++at) {
      constexpr int kDay = 24 * 3600;  // it may be midnight between them
      EXPECT_GE((times[at] - times[at - 1] + kDay) % kDay, 2);
      ++repeated;
    }
  }
  EXPECT_GT(repeated, 0) << "nothing was slow";
}

}  // namespace
}  // namespace certbroker
