// The small parts that the commands are made of.
#include <chrono>

#include "certbroker/v1/order.pb.h"
#include "cli/failure_text.h"
#include "cli/field_list.h"
#include "cli/name_list.h"
#include "cli/paging.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "google/rpc/error_details.pb.h"
#include "tests/support/result_matchers.h"

namespace certbroker::cli {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

const Time kNow = *ParseRfc3339("2026-11-21T07:30:00Z");

TEST(WhenTest, SaysHowLongThatIsFromNow) {
  const struct {
    microseconds ahead;
    std::string_view want;
  } kCases[] = {
      {seconds{0}, "now"},
      {milliseconds{999}, "now"},
      {milliseconds{-999}, "now"},
      {seconds{1}, "in 1 s"},
      {seconds{-59}, "59 s ago"},
      {seconds{60}, "in 1 min"},
      {minutes{-3}, "3 min ago"},
      {minutes{59}, "in 59 min"},
      {hours{1}, "in 1 h"},
      {hours{47}, "in 47 h"},
      {hours{48}, "in 2 d"},
      {hours{24 * 90 - 1}, "in 89 d"},
      {hours{-24 * 365}, "365 d ago"},
  };
  for (const auto& c : kCases) EXPECT_EQ(RelativeText(kNow + c.ahead, kNow), c.want);
}

TEST(WhenTest, HasTheExactTimeAndTheRelativeOne) {
  google::protobuf::Timestamp time;
  time.set_seconds(std::chrono::duration_cast<seconds>(kNow.time_since_epoch()).count());
  time.set_nanos(250'000'000);
  EXPECT_EQ(When(time, kNow + minutes{3}), "2026-11-21T07:30:00Z (2 min ago)");
}

TEST(ResourceNameTest, AddsTheCollectionOnlyWhereItIsMissing) {
  EXPECT_EQ(WithCollection(kOrders, "0190"), "orders/0190");
  EXPECT_EQ(WithCollection(kOrders, "orders/0190"), "orders/0190");
  // Another collection's name is for the service to refuse.
  EXPECT_EQ(WithCollection(kOrders, "certificates/0190"), "orders/certificates/0190");
  EXPECT_EQ(WithCollection(kCertificates, ""), "");
}

TEST(ResourceNameTest, TakesTheCollectionAway) {
  EXPECT_EQ(IdOf(kOrders, "orders/0190"), "0190");
  EXPECT_EQ(IdOf(kOrders, "else/0190"), "else/0190");
}

TEST(FieldListTest, AlignsValuesLeavesOutEmptyOnesAndEscapes) {
  FieldList fields;
  fields.Add("State", "FAILED");
  fields.Add("Profile", "");
  fields.Add("Certificate", "x\x1b[31m\ny");
  EXPECT_EQ(fields.Text(), "State        FAILED\nCertificate  x?[31m?y\n");
  EXPECT_EQ(FieldList().Text(), "");
}

Names MakeNames(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

TEST(NameListTest, ShowsTwoNamesAndCountsTheRest) {
  EXPECT_EQ(ShortNames(MakeNames({"a.test"})), "a.test");
  EXPECT_EQ(ShortNames(MakeNames({"a.test", "b.test"})), "a.test, b.test");
  EXPECT_EQ(ShortNames(MakeNames({"a.test", "b.test", "c.test", "d.test"})), "a.test, b.test +2");
  EXPECT_EQ(AllNames(MakeNames({"a.test", "b.test", "c.test"})), "a.test, b.test, c.test");
  EXPECT_EQ(ShortNames({}), "");
}

// A list of `total` orders, in pages as large as asked for, like the service's.
class Pages {
 public:
  explicit Pages(int total) : total_(total) {}
  Result<v1::ListOrdersResponse> operator()(const v1::ListOrdersRequest& request) {
    sizes_.push_back(request.page_size());
    int next = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    v1::ListOrdersResponse page;
    const int end = std::min(total_, next + request.page_size());
    for (; next < end; ++next) page.add_orders()->set_name("orders/" + std::to_string(next));
    if (next < total_) page.set_next_page_token(std::to_string(next));
    return page;
  }
  const std::vector<int>& sizes() const { return sizes_; }

 private:
  const int total_;
  std::vector<int> sizes_;
};

template <class Fetch>
Result<v1::ListOrdersResponse> Collect(int limit, Fetch& fetch) {
  return CollectPages<v1::ListOrdersResponse>(
      v1::ListOrdersRequest(), limit, std::ref(fetch),
      [](v1::ListOrdersResponse& page) { return page.mutable_orders(); });
}

TEST(PagingTest, FollowsTokensToTheEnd) {
  Pages pages(2500);
  const auto all = Collect(1'000'000, pages);
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->orders_size(), 2500);
  EXPECT_EQ(all->orders(2499).name(), "orders/2499");
  EXPECT_EQ(all->next_page_token(), "");
  EXPECT_THAT(pages.sizes(), ElementsAre(1000, 1000, 1000));
}

TEST(PagingTest, EndsAtTheLimitAndSaysWhereItGoesOn) {
  Pages pages(2500);
  const auto some = Collect(1200, pages);
  ASSERT_THAT(some, IsOk());
  EXPECT_EQ(some->orders_size(), 1200);
  EXPECT_EQ(some->next_page_token(), "1200");
  EXPECT_THAT(pages.sizes(), ElementsAre(1000, 200));
}

TEST(PagingTest, GivesTheErrorOfALaterPage) {
  int calls = 0;
  auto fetch = [&](const v1::ListOrdersRequest&) -> Result<v1::ListOrdersResponse> {
    if (++calls == 2) return Error(Reason::kDatabaseUnavailable, "away");
    v1::ListOrdersResponse page;
    page.add_orders();
    page.set_next_page_token("1");
    return page;
  };
  EXPECT_THAT(Collect(10, fetch), IsError(Reason::kDatabaseUnavailable));
}

TEST(PagingTest, IsNotKeptByATokenThatDoesNotMove) {
  int calls = 0;
  auto fetch = [&](const v1::ListOrdersRequest&) -> Result<v1::ListOrdersResponse> {
    ++calls;
    v1::ListOrdersResponse page;
    page.set_next_page_token("same");
    return page;
  };
  EXPECT_THAT(Collect(10, fetch), IsOk());
  EXPECT_EQ(calls, 2);
}

TEST(FailureTextTest, HasReasonDetailAndViolationsInOnePrintableLine) {
  google::rpc::Status status;
  status.set_code(9);
  status.set_message("the CA\nrefused");
  google::rpc::ErrorInfo info;
  info.set_reason("CA_REJECTED_IDENTIFIER");
  info.set_domain("certbroker");
  status.add_details()->PackFrom(info);
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type("CA_CAA_FORBIDS");
  violation->set_subject("a.test");
  violation->set_description("CAA \x1b[2J");
  status.add_details()->PackFrom(failure);
  EXPECT_EQ(FailureReason(status), "CA_REJECTED_IDENTIFIER");
  EXPECT_EQ(FailureText(status), "CA_REJECTED_IDENTIFIER: the CA?refused; a.test: CAA ?[2J");
}

}  // namespace
}  // namespace certbroker::cli
