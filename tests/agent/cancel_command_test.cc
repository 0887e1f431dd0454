#include "agent/cancel_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/pending_request.h"
#include "tests/agent/fake_service.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CancelInTest : public ::testing::Test {
 protected:
  void SavePending() const {
    HostKey key = *HostKey::Generate(pki::KeyType::kEcP256);
    Bytes csr = *key.MakeCsr({*Identifier::Parse("app.test")});
    const PendingRequest request{.wish = {.names = {*Identifier::Parse("app.test")}},
                                 .certificate = {},
                                 .request_id = link_.NewRequestId(),
                                 .csr_der = std::move(csr),
                                 .order = {},
                                 .key = std::move(key)};
    ASSERT_THAT(PendingRequests(out_).Save(request), IsOk());
  }
  bool HasPending() const { return fs::exists(out_ / "pending.key"); }

  const TempDir dir_;
  const fs::path out_ = dir_.path();
  SystemClock clock_;
  SystemRandom random_;
  FakeService service_;
  const ServiceLink link_{service_.Channel(), {.clock = clock_, .random = random_, .stop = {}}};
};

TEST_F(CancelInTest, EndsTheOrderAndForgetsTheRequest) {
  SavePending();

  const auto given_up = CancelIn(link_, out_);

  ASSERT_THAT(given_up, IsOk());
  ASSERT_TRUE(given_up->has_value());
  EXPECT_EQ((*given_up)->order, "orders/1");
  EXPECT_EQ((*given_up)->names, "app.test");
  EXPECT_THAT(service_.cancellations(), SizeIs(1));
  EXPECT_FALSE(HasPending());
}

TEST_F(CancelInTest, NothingUnderWayIsNoError) {
  const auto given_up = CancelIn(link_, out_);

  ASSERT_THAT(given_up, IsOk());
  EXPECT_FALSE(given_up->has_value());
  EXPECT_THAT(service_.cancellations(), IsEmpty());
}

TEST_F(CancelInTest, KeepsTheKeyWhenItIsTooLate) {
  SavePending();
  service_.Play({.signing = true});

  EXPECT_THAT(CancelIn(link_, out_),
              IsError(Reason::kOrderFinal, AllOf(HasSubstr("orders/1"), HasSubstr("'issue'"))));

  EXPECT_TRUE(HasPending());
}

TEST_F(CancelInTest, MakesNoFolder) {
  EXPECT_THAT(CancelIn(link_, out_ / "typo"), IsError(Reason::kFileUnusable, HasSubstr("typo")));

  EXPECT_FALSE(fs::exists(out_ / "typo"));
}

}  // namespace
}  // namespace certbroker::agent
