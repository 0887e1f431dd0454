#include "agent/pending_request.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/durable_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::Eq;
using ::testing::HasSubstr;

PendingRequest MakeRequest() {
  HostKey key = *HostKey::Generate(pki::KeyType::kEcP384);
  return {.wish = {.names = {*Identifier::Parse("a.test"), *Identifier::Parse("b.test")},
                   .issuer = "issuers/x",
                   .fallback_issuers = {"issuers/y", "issuers/z"},
                   .profile = "short",
                   .profile_preferred = true,
                   .key_type = pki::KeyType::kEcP384},
          .certificate = "certificates/1",
          .request_id = "01a1fe69-9930-7029-b442-d9ab8dbb5355",
          .csr_der = {0x30, 0x00},
          .order = "",
          .key = std::move(key)};
}

class PendingRequestTest : public ::testing::Test {
 protected:
  fs::path File(const char* name) const { return fs::path(dir_.path()) / name; }

  const TempDir dir_;
  const PendingRequests pending_{dir_.path()};
};

TEST_F(PendingRequestTest, ComesBackWithTheSameOctets) {
  PendingRequest request = MakeRequest();
  ASSERT_THAT(pending_.Save(request), IsOk());
  request.order = "orders/1";
  ASSERT_THAT(pending_.Save(request), IsOk());

  const auto loaded = pending_.Load();

  ASSERT_THAT(loaded, IsOk());
  ASSERT_TRUE(loaded->has_value());
  EXPECT_EQ((*loaded)->wish, request.wish);
  EXPECT_EQ((*loaded)->certificate, request.certificate);
  EXPECT_EQ((*loaded)->request_id, request.request_id);
  EXPECT_EQ((*loaded)->csr_der, request.csr_der);
  EXPECT_EQ((*loaded)->order, "orders/1");
  EXPECT_EQ((*loaded)->key.spki_sha256(), request.key.spki_sha256());
}

TEST_F(PendingRequestTest, OneOfAnEarlierVersionHasNoFallbackIssuers) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());
  auto json = nlohmann::json::parse(ReadText(File("pending.json")).value());
  ASSERT_EQ(json.erase("fallback_issuers"), 1U);
  ASSERT_THAT(WriteDurably(File("pending.json"), json.dump(), 0600), IsOk());

  const auto loaded = pending_.Load();

  ASSERT_THAT(loaded, IsOk());
  ASSERT_TRUE(loaded->has_value());
  EXPECT_THAT((*loaded)->wish.fallback_issuers, ::testing::IsEmpty());
  EXPECT_EQ((*loaded)->wish.issuer, "issuers/x");
}

TEST_F(PendingRequestTest, OnlyItsOwnerMayReadIt) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());

  for (const char* name : {"pending.json", "pending.key"}) {
    struct stat status {};
    ASSERT_EQ(::stat(File(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
}

TEST_F(PendingRequestTest, IsGoneWhenItIsCleared) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());
  ASSERT_THAT(pending_.Clear(), IsOk());

  EXPECT_FALSE(fs::exists(File("pending.key")));
  EXPECT_THAT(pending_.Load(), IsOk());
  EXPECT_FALSE(pending_.Load()->has_value());
  EXPECT_THAT(pending_.Clear(), IsOk());
}

TEST_F(PendingRequestTest, AKeyWithoutItsDescriptionIsNoRequest) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());
  fs::remove(File("pending.json"));

  ASSERT_THAT(pending_.Load(), IsOk());
  EXPECT_FALSE(pending_.Load()->has_value());
}

TEST_F(PendingRequestTest, AnotherKeyThanTheDescribedOneIsAnErrorThatSaysWhatToDo) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());
  const Secret other = HostKey::Generate(pki::KeyType::kEcP256)->ToPem();
  ASSERT_THAT(WriteDurably(File("pending.key"), other.ExposeForUse(), 0600), IsOk());

  EXPECT_THAT(pending_.Load(),
              IsError(Reason::kFileUnusable, HasSubstr("Remove it to begin anew")));
}

TEST_F(PendingRequestTest, WhatIsNoDescriptionIsNotOverlooked) {
  ASSERT_THAT(pending_.Save(MakeRequest()), IsOk());
  for (const char* text : {"", "{", "[]", R"({"version": 2})", R"({"version": 1})"}) {
    ASSERT_THAT(WriteDurably(File("pending.json"), text, 0600), IsOk());
    EXPECT_THAT(pending_.Load(), IsError(Reason::kFileUnusable)) << text;
  }
}

}  // namespace
}  // namespace certbroker::agent
