// Lists in pages, and the operators' accounts.
#include <algorithm>
#include <limits>
#include <set>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::ElementsAre;

class ListTest : public RpcTest {
 protected:
  void IssueMany(int count) {
    for (int i = 0; i < count; ++i) Issue({.names = {"n" + std::to_string(i) + ".example.org"}});
  }
  v1::ListOrdersRequest Pages(int size, const std::string& token = {}) {
    v1::ListOrdersRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    return request;
  }
  v1::CreateAccountRequest AccountRequest() {
    v1::CreateAccountRequest request;
    request.set_request_id(NewRequestId());
    request.set_parent("issuers/test-ca");
    request.set_account_id("second");
    request.mutable_account()->add_contacts("mailto:ops@example.org");
    request.set_terms_of_service_agreed(true);
    return request;
  }
};

TEST_F(ListTest, AWalkMeetsEachOrderOnceNewestFirst) {
  constexpr int kOrders = 250;
  IssueMany(kOrders);
  TestClient agent = Agent();

  std::vector<std::string> names;
  std::string token;
  do {
    const auto page = agent.List(Pages(40, token));
    ASSERT_THAT(page.status, IsAnswered());
    EXPECT_LE(page.value.orders_size(), 40);
    for (const auto& order : page.value.orders()) names.push_back(order.name());
    token = page.value.next_page_token();
  } while (!token.empty());

  EXPECT_EQ(names.size(), static_cast<std::size_t>(kOrders));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_TRUE(std::is_sorted(names.rbegin(), names.rend()));  // ids rise with time
}

TEST_F(ListTest, APageHasAHundredUnlessAskedOtherwise) {
  IssueMany(101);
  EXPECT_EQ(Agent().List(Pages(0)).value.orders_size(), 100);
  EXPECT_EQ(Agent().List(Pages(1000)).value.orders_size(), 101);
  EXPECT_EQ(Agent().List(Pages(1000)).value.next_page_token(), "");
  for (const int size : {-1, 1001, std::numeric_limits<int>::min()}) {
    EXPECT_THAT(FieldsOf(Agent().List(Pages(size)).status), ElementsAre("page_size"));
  }
}

TEST_F(ListTest, ATokenThatWasTamperedWithIsRefused) {
  IssueMany(3);
  const std::string token = Agent().List(Pages(1)).value.next_page_token();
  std::vector<std::string> tampered = {"x",
                                       "====",
                                       token + "A",
                                       token.substr(1),
                                       token.substr(0, token.size() - 2),
                                       std::string(5000, 'A')};
  for (std::size_t i = 0; i < token.size() - 1; ++i) {
    tampered.push_back(token);
    tampered.back()[i] = token[i] == 'A' ? 'B' : 'A';
  }
  TestClient agent = Agent();
  for (const std::string& one : tampered) {
    EXPECT_THAT(agent.List(Pages(1, one)).status, IsRefusal(Reason::kInvalidArgument)) << one;
  }
}

TEST_F(ListTest, ATokenIsForItsFilterAndItsOwner) {
  IssueMany(3);
  const std::string token = Agent().List(Pages(1)).value.next_page_token();
  auto other = Pages(1, token);
  other.set_unfinished_only(true);

  EXPECT_THAT(Agent().List(other).status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(Agent(kWeb02).List(Pages(1, token)).status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(Agent().List(Pages(1, token)).status, IsAnswered());
}

TEST_F(ListTest, FiltersAreKept) {
  const Order done = IssueCompletely({.names = {"done.example.org"}});
  Issue({.names = {"other.example.org"}});
  auto request = Pages(10);
  request.set_unfinished_only(true);
  EXPECT_EQ(Agent().List(request).value.orders_size(), 1);
  request = Pages(10);
  request.set_certificate("certificates/" + done.certificate.ToString());
  ASSERT_EQ(Agent().List(request).value.orders_size(), 1);
  EXPECT_EQ(Agent().List(request).value.orders(0).events_size(), 0);  // no history in lists
  request.set_certificate("x");
  EXPECT_THAT(FieldsOf(Agent().List(request).status), ElementsAre("certificate"));

  v1::ListCertificatesRequest by_name;
  by_name.set_identifier("DONE.example.org");
  const auto found = Agent().List(by_name);
  ASSERT_EQ(found.value.certificates_size(), 1);
  EXPECT_EQ(found.value.certificates(0).current().chain_pem(), "");  // no chains in lists
  by_name.set_identifier("_x");
  EXPECT_THAT(FieldsOf(Agent().List(by_name).status), ElementsAre("identifier"));
}

TEST_F(ListTest, AnOperatorPutsAnAccountOnRecordOnce) {
  const auto request = AccountRequest();

  const auto created = Operator().Create(request);
  const auto again = Operator().Create(request);

  ASSERT_THAT(created.status, IsAnswered());
  EXPECT_EQ(created.value.name(), "issuers/test-ca/accounts/second");
  EXPECT_EQ(created.value.state(), v1::Account::PENDING);
  EXPECT_THAT(created.value.contacts(), ElementsAre("mailto:ops@example.org"));
  EXPECT_EQ(again.value.SerializeAsString(), created.value.SerializeAsString());
  EXPECT_THAT(Operator().Create(AccountRequest()).status, IsRefusal(Reason::kAlreadyExists));
  auto other = request;
  other.mutable_account()->set_contacts(0, "mailto:pso@example.org");
  EXPECT_THAT(Operator().Create(other).status, IsRefusal(Reason::kDuplicateRequestId));
  EXPECT_EQ(Operator().List(v1::ListAccountsRequest()).value.accounts_size(), 2);
  EXPECT_THAT(Operator().GetAccount("issuers/test-ca/accounts/third").status,
              IsRefusal(Reason::kNotFound));
}

TEST_F(ListTest, ABadAccountIsRefused) {
  const auto refused = [&](const auto& change) {
    auto request = AccountRequest();
    change(request);
    return Operator().Create(request).status;
  };
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_request_id(""); })), ElementsAre("request_id"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_parent("x"); })), ElementsAre("parent"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_account_id("Ä"); })), ElementsAre("account_id"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_terms_of_service_agreed(false); })),
              ElementsAre("terms_of_service_agreed"));
  for (const char* contact : {"ops@example.org", "mailto:ops", "mailto:a@b,c@d", "mailto:a@b?cc=x",
                              "https://example.org", "mailto:a@b c"}) {
    EXPECT_THAT(FieldsOf(refused([&](auto& r) { r.mutable_account()->set_contacts(0, contact); })),
                ElementsAre("account.contacts"));
  }
  EXPECT_THAT(refused([](auto& r) { r.mutable_account()->set_key_uri("pkcs11:object=none"); }),
              IsRefusal(Reason::kHsmKeyMissing));
  EXPECT_THAT(Operator().GetAccount("x").status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_EQ(Operator().List(v1::ListAccountsRequest()).value.accounts_size(), 1);
}

}  // namespace
}  // namespace certbroker::rpc
