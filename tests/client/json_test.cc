#include "client/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certbroker/v1/order.pb.h"
#include "client/time_text.h"
#include "google/rpc/error_details.pb.h"
#include "tests/support/result_matchers.h"

namespace certbroker::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(JsonTest, HasTheNamesOfTheProtoAndEveryField) {
  v1::Order order;
  order.set_name("orders/1");
  order.mutable_create_time()->set_seconds(1'795'246'200);

  EXPECT_THAT(ToJson(order),
              IsOkAndHolds(AllOf(HasSubstr(R"("name": "orders/1")"),
                                 HasSubstr(R"("acme_order_url": "")"), HasSubstr(R"("events": [])"),
                                 HasSubstr(R"("create_time": "2026-11-21T07:30:00Z")"))));
}

TEST(JsonTest, ShowsTheDetailsOfAnError) {
  v1::Order order;
  google::rpc::ErrorInfo info;
  info.set_reason("CA_REJECTED");
  order.mutable_error()->add_details()->PackFrom(info);

  EXPECT_THAT(ToJson(order), IsOkAndHolds(HasSubstr(R"("reason": "CA_REJECTED")")));
}

TEST(JsonTest, AMessageWithADetailOfAnUnknownTypeIsAnError) {
  v1::Order order;
  auto* detail = order.mutable_error()->add_details();
  detail->set_type_url("type.googleapis.com/of.tomorrow.Detail");
  detail->set_value("\x0a\x01x");

  EXPECT_THAT(ToJson(order), IsError(Reason::kInternal, HasSubstr("certbroker.v1.Order")));
}

TEST(JsonTest, AnErrorIsADocumentToo) {
  const Error error = Error(Reason::kNotFound, "no \"such\" thing")
                          .With({"a", Reason::kNotFound, "b"})
                          .RetryAfter(std::chrono::seconds{30});

  EXPECT_EQ(ErrorJson(error), R"({
  "error": {
    "reason": "NOT_FOUND",
    "message": "no \"such\" thing",
    "violations": [
      {
        "subject": "a",
        "reason": "NOT_FOUND",
        "description": "b"
      }
    ],
    "retry_after_seconds": 30
  }
}
)");
}

TEST(JsonTest, AnErrorThatQuotesWhatIsNoTextIsStillJson) {
  EXPECT_THAT(ErrorJson(Error(Reason::kInternal, "\xff\xfe\x01")),
              AllOf(HasSubstr("\xEF\xBF\xBD"), HasSubstr("\\u0001")));
}

TEST(TimeTextTest, IsRfc3339ToTheSecond) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(1'795'246'200);
  timestamp.set_nanos(999'999'999);

  EXPECT_EQ(TimeText(timestamp), "2026-11-21T07:30:00Z");
  EXPECT_EQ(ClockText(ToTime(timestamp)), "07:30:00");
}

}  // namespace
}  // namespace certbroker::client
