#include "agent/host_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pki/csr.h"
#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Identifier Name(const char* text) { return *Identifier::Parse(text); }

TEST(HostKeyTest, MakesACsrThatAsksForTheNamesAndNothingElse) {
  for (const auto type : {pki::KeyType::kEcP256, pki::KeyType::kEcP384, pki::KeyType::kRsa2048}) {
    const auto key = HostKey::Generate(type);
    ASSERT_THAT(key, IsOk());

    const auto der = key->MakeCsr({Name("a.test"), Name("*.b.test")});

    ASSERT_THAT(der, IsOk());
    const auto csr = pki::Csr::Parse(*der);
    ASSERT_THAT(csr, IsOk());
    EXPECT_THAT(csr->names(), ElementsAre(Name("*.b.test"), Name("a.test")));
    EXPECT_EQ(csr->key_type(), type);
    EXPECT_EQ(csr->spki_sha256(), key->spki_sha256());
  }
}

TEST(HostKeyTest, EveryKeyIsAnother) {
  const auto one = HostKey::Generate(pki::KeyType::kEcP256);
  const auto two = HostKey::Generate(pki::KeyType::kEcP256);

  EXPECT_NE(one->spki_sha256(), two->spki_sha256());
}

TEST(HostKeyTest, ComesBackFromItsPem) {
  const auto key = HostKey::Generate(pki::KeyType::kEcP256);
  const Secret pem = key->ToPem();

  const auto again = HostKey::FromPem(pem);

  EXPECT_THAT(pem.ExposeForUse(), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->spki_sha256(), key->spki_sha256());
}

TEST(HostKeyTest, WhatIsNoKeyIsRefusedWithoutQuotingIt) {
  const auto key = HostKey::FromPem(Secret(std::string("hunter2")));

  ASSERT_THAT(key, IsError(Reason::kFileUnusable));
  EXPECT_THAT(key.error().detail(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace certbroker::agent
