#include "agent/delivered_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/host_key.h"
#include "agent/issue_command.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"
#include "tests/support/tiny_ca_signing.h"

namespace certbroker::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;

class DeliveredChainTest : public ::testing::Test {
 protected:
  std::string Leaf() const { return root_.Sign(*key_.MakeCsr(names_), 0x1234); }

  FakeClock clock_;
  const TinyRoot root_;
  const HostKey key_ = *HostKey::Generate(pki::KeyType::kEcP256);
  const std::vector<Identifier> names_ = {*Identifier::Parse("a.test")};
  DeliveryExpectation expected_{.names = names_,
                                .spki_sha256 = key_.spki_sha256(),
                                .now = clock_.Now(),
                                .ordered = clock_.Now(),
                                .roots = pki::TrustAnchors::Parse(root_.pem()).value()};
};

TEST_F(DeliveredChainTest, TheRightOneIsTakenApart) {
  const std::string leaf = Leaf();

  const auto chain = CheckDelivered(leaf + root_.pem(), expected_);

  ASSERT_THAT(chain, IsOk());
  EXPECT_EQ(chain->certificate_pem, leaf);
  EXPECT_EQ(chain->chain_pem, root_.pem());
  EXPECT_EQ(chain->serial, "1234");
  EXPECT_EQ(chain->not_after, *ParseRfc3339("2027-02-19T07:00:00Z"));
}

TEST_F(DeliveredChainTest, WithoutRootsTheChainMustHoldItsSigner) {
  expected_.roots.reset();

  EXPECT_THAT(CheckDelivered(Leaf() + root_.pem(), expected_), IsOk());
  EXPECT_THAT(CheckDelivered(Leaf(), expected_),
              IsError(Reason::kCertificateRefused, HasSubstr("--roots")));
  EXPECT_THAT(CheckDelivered(Leaf() + TinyRoot().pem(), expected_),
              IsError(Reason::kCertificateRefused));
}

TEST_F(DeliveredChainTest, AStrangersRootIsRefused) {
  expected_.roots = pki::TrustAnchors::Parse(TinyRoot().pem()).value();

  EXPECT_THAT(CheckDelivered(Leaf() + root_.pem(), expected_),
              IsError(Reason::kCertificateRefused));
}

TEST_F(DeliveredChainTest, AnotherKeyIsRefused) {
  expected_.spki_sha256 = HostKey::Generate(pki::KeyType::kEcP256)->spki_sha256();

  const auto chain = CheckDelivered(Leaf(), expected_);

  ASSERT_THAT(chain, IsError(Reason::kCertificateRefused));
  EXPECT_THAT(chain.error().violations(), ElementsAre(Field(&Violation::subject, Eq("key"))));
}

TEST_F(DeliveredChainTest, OtherNamesAreRefused) {
  expected_.names.push_back(*Identifier::Parse("b.test"));

  const auto chain = CheckDelivered(Leaf(), expected_);

  ASSERT_THAT(chain, IsError(Reason::kCertificateRefused));
  EXPECT_THAT(chain.error().violations(), ElementsAre(Field(&Violation::subject, Eq("names"))));
}

TEST_F(DeliveredChainTest, WrongDatesAreRefused) {
  expected_.now += std::chrono::hours{24 * 365};

  EXPECT_THAT(CheckDelivered(Leaf(), expected_), IsError(Reason::kCertificateRefused));
}

TEST_F(DeliveredChainTest, WhatIsNoChainIsRefused) {
  EXPECT_THAT(CheckDelivered("<html>", expected_), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(CheckDelivered("", expected_), IsError(Reason::kCaBadAnswer));
}

TEST(ParseNamesTest, NormalisesSortsAndKeepsEachOnce) {
  EXPECT_THAT(
      ParseNames({"B.test", "a.test.", "b.test"}),
      IsOkAndHolds(ElementsAre(*Identifier::Parse("a.test"), *Identifier::Parse("b.test"))));
}

TEST(ParseNamesTest, ConvertsULabels) {
  EXPECT_THAT(ParseNames({"münchen.test"}),
              IsOkAndHolds(ElementsAre(*Identifier::Parse("xn--mnchen-3ya.test"))));
}

TEST(ParseNamesTest, TellsOfEveryNameThatCannotBe) {
  const auto names = ParseNames({"a_b.test", "good.test", "MÜNCHEN.test"});

  ASSERT_THAT(names, IsError(Reason::kNameInvalid));
  EXPECT_THAT(names.error().violations(),
              ElementsAre(Field(&Violation::subject, "a_b.test"),
                          Field(&Violation::description, HasSubstr("xn--mnchen-3ya.test"))));
}

}  // namespace
}  // namespace certbroker::agent
