// The record of key uses, for operators.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

class AuditTest : public RpcTest {
 protected:
  AuditTest() {
    for (int i = 3; i >= 1; --i) {
      RecordedKeyUse record;
      record.use = {.purpose = SignaturePurpose::kFinalize,
                    .url = "https://acme.example/finalize",
                    .account_url = "https://acme.example/acct/1",
                    .key_uri = "pkcs11:token=t;id=%01",
                    .thumbprint = "thumb",
                    .subject = "orders/" + std::to_string(i),
                    .agent = kWeb01,
                    .request_id = "request",
                    .input_sha256 = {1, 2}};
      record.number = i;
      record.create_time = *ParseRfc3339("2026-11-21T07:30:00.000001Z");
      record.replica = "host/1";
      record.previous_sha256 = {3};
      record.sha256 = {4};
      key_uses().records.push_back(record);
    }
  }
  v1::ListKeyUsesRequest Request(const std::string& subject = "") {
    v1::ListKeyUsesRequest request;
    request.set_subject(subject);
    return request;
  }
};

// Every field, because the chain's hash is made of them.
TEST_F(AuditTest, AnOperatorSeesEveryFieldOfARecord) {
  const auto list = Operator().List(Request("orders/2"));
  ASSERT_THAT(list.status, IsAnswered());
  ASSERT_EQ(list.value.key_uses_size(), 1);
  const v1::KeyUse& use = list.value.key_uses(0);
  EXPECT_EQ(use.number(), 2);
  EXPECT_EQ(use.create_time().nanos(), 1000);
  EXPECT_EQ(use.replica(), "host/1");
  EXPECT_EQ(use.purpose(), "finalize");
  EXPECT_EQ(use.url(), "https://acme.example/finalize");
  EXPECT_EQ(use.account_url(), "https://acme.example/acct/1");
  EXPECT_EQ(use.key_uri(), "pkcs11:token=t;id=%01");
  EXPECT_EQ(use.thumbprint(), "thumb");
  EXPECT_EQ(use.subject(), "orders/2");
  EXPECT_EQ(use.agent(), kWeb01);
  EXPECT_EQ(use.request_id(), "request");
  EXPECT_EQ(use.input_sha256(), "\x01\x02");
  EXPECT_EQ(use.previous_sha256(), "\x03");
  EXPECT_EQ(use.sha256(), "\x04");
}

TEST_F(AuditTest, PagesGoFromTheNewestToTheFirst) {
  v1::ListKeyUsesRequest request = Request();
  request.set_page_size(2);
  const auto first = Operator().List(request);
  ASSERT_EQ(first.value.key_uses_size(), 2);
  EXPECT_EQ(first.value.key_uses(0).number(), 3);
  request.set_page_token(first.value.next_page_token());
  const auto second = Operator().List(request);
  ASSERT_EQ(second.value.key_uses_size(), 1);
  EXPECT_EQ(second.value.key_uses(0).number(), 1);
  EXPECT_EQ(second.value.next_page_token(), "");
}

}  // namespace
}  // namespace certbroker::rpc
