#include "agent/progress.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/order_text.h"
#include "client/order_state_name.h"
#include "google/rpc/error_details.pb.h"
#include "tests/fakes/fake_clock.h"

namespace certbroker::agent {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::Order OrderIn(v1::OrderState state) {
  v1::Order order;
  order.set_name("orders/1");
  order.set_state(state);
  return order;
}

v1::Order LimitedOrder(std::int64_t until) {
  v1::Order order = OrderIn(v1::ORDER_STATE_QUEUED);
  order.set_held_by("CA_LIMIT");
  order.mutable_next_attempt_time()->set_seconds(until);
  order.mutable_error()->set_code(8);
  order.mutable_error()->set_message("too many");
  google::rpc::ErrorInfo info;
  info.set_reason("CA_RATE_LIMITED");
  info.set_domain("certbroker");
  order.mutable_error()->add_details()->PackFrom(info);
  return order;
}

constexpr std::int64_t kSevenThirty = 1'795'246'200;

TEST(OrderTextTest, SaysWhatAStateMeans) {
  EXPECT_EQ(Doing(OrderIn(v1::ORDER_STATE_VALIDATING)),
            "The CA has been told to look and is looking.");
}

TEST(OrderTextTest, SaysWhatIsWaitedForUntilWhenAndWhy) {
  EXPECT_EQ(Doing(LimitedOrder(kSevenThirty)),
            "waiting for the CA until 07:30:00 UTC: CA_LIMIT (CA_RATE_LIMITED: too many)");
}

TEST(OrderTextTest, KnowsWhichStatesAreFinal) {
  for (const auto state :
       {v1::ORDER_STATE_ISSUED, v1::ORDER_STATE_FAILED, v1::ORDER_STATE_CANCELLED}) {
    EXPECT_TRUE(IsFinal(state)) << client::StateName(state);
  }
  for (const auto state : {v1::ORDER_STATE_UNSPECIFIED, v1::ORDER_STATE_QUEUED,
                           v1::ORDER_STATE_VALIDATING, v1::ORDER_STATE_DOWNLOADING}) {
    EXPECT_FALSE(IsFinal(state)) << client::StateName(state);
  }
}

TEST(OrderTextTest, AStateOfANewerServiceIsNoSurprise) {
  v1::Order order;
  order.set_state(static_cast<v1::OrderState>(99));
  order.set_held_by("MOON\x1b[31m");

  EXPECT_FALSE(IsFinal(order.state()));
  EXPECT_THAT(Doing(order), Not(HasSubstr("\x1b")));
}

class ProgressTest : public ::testing::Test {
 public:
  ~ProgressTest() override {
    std::fclose(file_);
    std::free(text_);
  }

 protected:
  std::string Text() {
    std::fflush(file_);
    return {text_, size_};
  }

  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_ = ::open_memstream(&text_, &size_);
  FakeClock clock_;
};

TEST_F(ProgressTest, PrintsALinePerChange) {
  Progress progress(ProgressStyle::kLines, file_, clock_);
  progress.Show(OrderIn(v1::ORDER_STATE_QUEUED));
  progress.Show(OrderIn(v1::ORDER_STATE_QUEUED));
  clock_.Advance(std::chrono::milliseconds{1500});
  progress.Show(OrderIn(v1::ORDER_STATE_READY));

  EXPECT_EQ(Text(),
            "    0.0 s  QUEUED       Accepted by policy, waiting to be sent to the CA.\n"
            "    1.5 s  READY        Every name is proven; the order can be finalized.\n");
}

TEST_F(ProgressTest, ALogIsNotToldThatTheWaitGoesOn) {
  Progress progress(ProgressStyle::kLines, file_, clock_);
  progress.Show(LimitedOrder(kSevenThirty));
  progress.Show(LimitedOrder(kSevenThirty + 60));

  EXPECT_THAT(Text(), AllOf(HasSubstr("07:30:00"), Not(HasSubstr("07:31:00"))));
}

TEST_F(ProgressTest, SaysANoteOncePerState) {
  Progress progress(ProgressStyle::kLines, file_, clock_);
  progress.Note("fetched");
  progress.Note("fetched");
  progress.Show(OrderIn(v1::ORDER_STATE_READY));
  progress.Note("fetched");

  const std::string line = "    0.0 s               fetched\n";
  EXPECT_THAT(Text(),
              AllOf(StartsWith(line + "    0.0 s  READY"), EndsWith("finalized.\n" + line)));
}

TEST_F(ProgressTest, NotesArePrintable) {
  Progress progress(ProgressStyle::kLines, file_, clock_);
  progress.Note("red \x1b[31m");

  EXPECT_THAT(Text(), Not(HasSubstr("\x1b")));
}

TEST_F(ProgressTest, PaintsOverTheLiveLineUntilTheStateChanges) {
  {
    Progress progress(ProgressStyle::kLive, file_, clock_);
    progress.Show(LimitedOrder(kSevenThirty));
    progress.Show(LimitedOrder(kSevenThirty + 60));
    progress.Show(OrderIn(v1::ORDER_STATE_ISSUED));
  }

  const std::string text = Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, EndsWith("ISSUED       The certificate is stored and can be fetched.\n"));
}

TEST_F(ProgressTest, IsSilentForPrograms) {
  Progress progress(ProgressStyle::kSilent, file_, clock_);
  progress.Show(OrderIn(v1::ORDER_STATE_QUEUED));
  progress.Note("note");

  EXPECT_EQ(Text(), "");
  EXPECT_EQ(StyleFor(true, stderr), ProgressStyle::kSilent);
  EXPECT_EQ(StyleFor(false, file_), ProgressStyle::kLines);
}

}  // namespace
}  // namespace certbroker::agent
